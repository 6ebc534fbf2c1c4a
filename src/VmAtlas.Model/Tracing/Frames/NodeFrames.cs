using System.Globalization;
using System.Runtime.InteropServices;

namespace VmAtlas.Model.Tracing;

/// <summary>The functions of every call node of a trace: several where calls were inlined.</summary>
public sealed class NodeFrames
{
    readonly NodeTable _nodes;
    readonly IReadOnlyList<TraceModule> _modules;
    readonly Dictionary<StackFrame, int> _numbers = [];
    readonly List<StackFrame> _frames = [];
    readonly List<int> _pool = [];

    /// <summary>By node: where in the pool its frames begin, and how many they are; 0 where nothing was resolved.</summary>
    readonly List<(int First, int Count)> _places = [];

    /// <summary>Nodes that were shown by their bare address, since no module has it and nobody named it.</summary>
    readonly List<uint> _bare = [];

    public NodeFrames(NodeTable nodes, IReadOnlyList<TraceModule> modules) => (_nodes, _modules) = (nodes, modules);

    /// <summary>Names of functions, paths of modules and source files.</summary>
    public StringTable Texts { get; } = new();

    /// <summary>Distinct frames.</summary>
    public IReadOnlyList<StackFrame> Frames => _frames;

    /// <summary>Frames of a node, innermost first: at least one for any node that was told.</summary>
    public ReadOnlySpan<int> this[uint node]
    {
        get
        {
            if (!IsResolved(node))
            {
                Set(node, [Number(Unnamed(_nodes[node]))]);
                if (_nodes[node].Module < 0)
                    _bare.Add(node);
            }
            var (first, count) = _places[(int)node];
            return CollectionsMarshal.AsSpan(_pool).Slice(first, count);
        }
    }

    public StackFrame Frame(int number) => _frames[number];

    public bool IsResolved(uint node) => node < (uint)_places.Count && _places[(int)node].Count > 0;

    /// <summary>The whole stack of a call site, leaf first, inlined functions as frames of their own.</summary>
    public IEnumerable<StackFrame> Stack(uint site)
    {
        foreach (var node in _nodes.Stack(site))
        {
            foreach (var frame in this[node].ToArray())
                yield return _frames[frame];
        }
    }

    /// <summary>The number of a frame, a new one if it is new.</summary>
    public int Number(StackFrame frame)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, frame, out var known);
        if (!known)
        {
            number = _frames.Count;
            _frames.Add(frame);
        }
        return number;
    }

    /// <summary>Says which frames a node has.</summary>
    public void Set(uint node, ReadOnlySpan<int> frames)
    {
        if (node >= (uint)_places.Count)
            CollectionsMarshal.SetCount(_places, (int)Math.Max(node + 1, _nodes.End));
        _places[(int)node] = (_pool.Count, frames.Length);
        _pool.AddRange(frames);
    }

    /// <summary>Nodes that have a bare address for a name count as not resolved again: who made their code may have told its name since.</summary>
    public void ForgetBare()
    {
        foreach (var node in _bare)
            _places[(int)node] = default;
        _bare.Clear();
    }

    /// <summary>Path of the module of a node's code; 0 where it has none.</summary>
    public int ModuleText(uint node) => _nodes[node].Module is var module && module >= 0 && module < _modules.Count ? Texts.Intern(_modules[module].Path) : 0;

    /// <summary>"libfoo.so+0x1234" by the object's own addresses, or the bare address.</summary>
    StackFrame Unnamed(CallNode node)
    {
        if (node.Module < 0 || node.Module >= _modules.Count)
            return new StackFrame(Texts.Intern(string.Create(CultureInfo.InvariantCulture, $"0x{node.Pc:x}")), 0, 0, 0, false);
        var module = _modules[node.Module];
        var name = module.Path[((module.Path.StartsWith('/') ? module.Path.LastIndexOf('/') : module.Path.LastIndexOfAny(['/', '\\'])) + 1)..];
        var offset = unchecked(node.Pc - module.Bias);
        return new StackFrame(Texts.Intern(string.Create(CultureInfo.InvariantCulture, $"{name}+0x{offset:x}")), Texts.Intern(module.Path), 0, 0, false);
    }
}
