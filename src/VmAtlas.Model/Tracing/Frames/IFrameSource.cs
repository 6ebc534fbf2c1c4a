namespace VmAtlas.Model.Tracing;

/// <summary>Knows the functions at addresses of code: symbols of files, or of code compiled at run time.</summary>
public interface IFrameSource
{
    /// <summary>Tells the frames of many addresses of one module.</summary>
    /// <param name="module">Null for code of no file.</param>
    /// <param name="addresses">The module's own (bias taken off), rising; the target's for code of no file. Return addresses, unless <paramref name="kind"/>
    /// says <see cref="CallNodeKind.Interrupted"/>: the call is the instruction before.</param>
    /// <param name="into">Is told the frames of each address in turn, innermost first, none where nothing is known, and each address's end.</param>
    void Resolve(TraceModule? module, ReadOnlySpan<ulong> addresses, CallNodeKind kind, IFrameReceiver into);
}

public interface IFrameReceiver
{
    /// <param name="function">UTF-8, demangled.</param>
    /// <param name="file">Empty when it is not known.</param>
    /// <param name="line">0 when it is not known.</param>
    void Frame(ReadOnlySpan<byte> function, ReadOnlySpan<byte> file, int line, bool inlined);

    void EndAddress();
}
