using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Symbols;

namespace VmAtlas.Tracing;

/// <summary>Looks up what calls of a saved trace had no name, or no line, for when it was taken.</summary>
/// <remarks>Only of modules with a build id: another build of the same file would tell wrong names.</remarks>
public static class NamesAfterwards
{
    public static void LookUp(NodeFrames frames, NodeTable nodes, IReadOnlyList<TraceModule> modules, SymbolPath path)
    {
        using var symbols = new SymbolFrames(path);
        LookUp(frames, nodes, modules, symbols);
    }

    /// <param name="gate">Held while nodes are looked at, where more may come meanwhile.</param>
    public static void LookUp(NodeFrames frames, NodeTable nodes, IReadOnlyList<TraceModule> modules, IFrameSource symbols, Lock? gate = null)
    {
        var found = new NodeFrames(nodes, modules);
        FrameResolution.ResolveAll(found, nodes, modules, new Identified(symbols), gate);
        gate?.Enter();
        try
        {
            for (uint node = 1; node < nodes.End; node++)
            {
                if (nodes.Contains(node) && found.IsResolved(node) && !HasLine(frames, node))
                    frames.Set(node, [.. found[node].ToArray().Select(f => frames.Number(Moved(found.Frame(f), found.Texts, frames.Texts)))]);
            }
        }
        finally
        {
            gate?.Exit();
        }
    }

    static bool HasLine(NodeFrames frames, uint node)
    {
        foreach (var frame in frames[node])
        {
            if (frames.Frame(frame).Line != 0)
                return true;
        }
        return false;
    }

    static StackFrame Moved(StackFrame frame, StringTable from, StringTable to) =>
        frame with { Function = Moved(frame.Function, from, to), Module = Moved(frame.Module, from, to), File = Moved(frame.File, from, to) };

    static int Moved(int text, StringTable from, StringTable to) => text == 0 ? 0 : to.Intern(from.Utf8(text));

    sealed class Identified(IFrameSource source) : IFrameSource
    {
        public void Resolve(TraceModule? module, ReadOnlySpan<ulong> addresses, CallNodeKind kind, IFrameReceiver into) =>
            source.Resolve(module is { BuildId.Length: > 0 } ? module : null, addresses, kind, into);
    }
}
