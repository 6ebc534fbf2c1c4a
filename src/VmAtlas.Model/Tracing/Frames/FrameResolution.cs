namespace VmAtlas.Model.Tracing;

/// <summary>Asks a source for the frames of many nodes, module by module, each address once.</summary>
public sealed class FrameResolution : IFrameReceiver
{
    readonly NodeFrames _frames;
    readonly List<int> _address = [];
    readonly List<(ulong Address, uint Node)> _asked = [];
    int _module, _next;

    FrameResolution(NodeFrames frames) => _frames = frames;

    /// <summary>Resolves all nodes that are not yet.</summary>
    /// <param name="gate">Held while nodes and modules are looked at, where more may come meanwhile; not while the source is asked, which takes long.</param>
    public static void ResolveAll(NodeFrames frames, NodeTable nodes, IReadOnlyList<TraceModule> modules, IFrameSource source, Lock? gate = null)
    {
        gate?.Enter();
        List<(TraceModule? Module, bool Exact, List<(ulong, uint)> Nodes)> asked;
        try
        {
            asked = Ask(frames, nodes, modules);
        }
        finally
        {
            gate?.Exit();
        }
        var resolution = new FrameResolution(frames);
        foreach (var (module, exact, list) in asked)
            resolution.Resolve(module, exact, list, source);
    }

    static List<(TraceModule? Module, bool Exact, List<(ulong, uint)> Nodes)> Ask(NodeFrames frames, NodeTable nodes, IReadOnlyList<TraceModule> modules)
    {
        var asked = new Dictionary<(int Module, bool Exact), List<(ulong, uint)>>();
        for (uint id = 1; id < nodes.End; id++)
        {
            if (!nodes.Contains(id) || frames.IsResolved(id))
                continue;
            var node = nodes[id];
            var module = node.Module >= 0 && node.Module < modules.Count ? node.Module : -1;
            var key = (module, node.Kind == CallNodeKind.Interrupted);
            if (!asked.TryGetValue(key, out var list))
                asked.Add(key, list = []);
            list.Add((unchecked(node.Pc - (module < 0 ? 0 : modules[module].Bias)), id));
        }
        return [.. asked.OrderBy(a => a.Key.Module).Select(a => (a.Key.Module < 0 ? null : modules[a.Key.Module], a.Key.Exact, a.Value))];
    }

    void Resolve(TraceModule? module, bool exact, List<(ulong Address, uint Node)> asked, IFrameSource source)
    {
        asked.Sort();
        _asked.Clear();
        _asked.AddRange(asked);
        (_module, _next) = (module is null ? 0 : _frames.Texts.Intern(module.Path), 0);
        var addresses = asked.Select(a => a.Address).Distinct().ToArray();
        source.Resolve(module, addresses, exact ? CallNodeKind.Interrupted : CallNodeKind.Call, this);
    }

    public void Frame(ReadOnlySpan<byte> function, ReadOnlySpan<byte> file, int line, bool inlined) =>
        _address.Add(_frames.Number(new StackFrame(_frames.Texts.Intern(function), _module, _frames.Texts.Intern(file), line, inlined)));

    public void EndAddress()
    {
        if (_next >= _asked.Count)
            throw new InvalidOperationException("more addresses are answered than were asked about");
        var frames = _address.ToArray();
        for (var address = _asked[_next].Address; _next < _asked.Count && _asked[_next].Address == address; _next++)
        {
            if (frames.Length > 0)
                _frames.Set(_asked[_next].Node, frames);
        }
        _address.Clear();
    }
}
