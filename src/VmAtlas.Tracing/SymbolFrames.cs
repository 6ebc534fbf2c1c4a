using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Symbols;

namespace VmAtlas.Tracing;

/// <summary>Gives the calls of a trace their functions, from the symbols of the modules' files.</summary>
/// <param name="path">Where files with debug information are looked for.</param>
/// <param name="root">The folder that the program calls "/": <c>/proc/PID/root</c> of a container; null for our own.</param>
public sealed class SymbolFrames(SymbolPath path, string? root = null) : IFrameSource, IDisposable
{
    readonly SymbolStore _store = new(path);
    readonly List<string> _problems = [];

    /// <summary>Modules that could not be read, or not in full: a sentence each.</summary>
    public IReadOnlyList<string> Problems => _problems;

    public void Resolve(TraceModule? module, ReadOnlySpan<ulong> addresses, CallNodeKind kind, IFrameReceiver into)
    {
        if (module is null)
        {
            foreach (var _ in addresses)
                into.EndAddress();
            return;
        }
        var symbols = _store.Open(new SymbolModule(module.Path) { BuildId = module.BuildId.Length > 0 ? module.BuildId : null, Root = root });
        var frames = symbols.Resolve(addresses, kind == CallNodeKind.Interrupted ? AddressKind.Exact : AddressKind.Return);
        for (var i = 0; i < frames.Count; i++)
        {
            foreach (var frame in frames[i])
            {
                if (frame.Function != 0)
                    into.Frame(_store.Texts.Utf8(frame.Function), _store.Texts.Utf8(frame.File), frame.Line, frame.IsInlined);
            }
            into.EndAddress();
        }
        if (symbols.Reason is { } reason)
            _problems.Add(reason);
    }

    public void Dispose() => _store.Dispose();
}
