using System.Text;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Symbols;

namespace VmAtlas.Tracing;

/// <summary>Names the code that a process's runtime made: by the perf map it wrote, else by what the runtime itself says. All other code is of files.</summary>
/// <param name="files">Knows the functions of files.</param>
/// <param name="map">Null when the process could not be asked where its map is.</param>
/// <param name="runtime">Who knows what the map does not; null when nobody does.</param>
public sealed class CompiledFrames(IFrameSource files, PerfMapFile? map, IFrameSource? runtime = null) : IFrameSource
{
    public void Resolve(TraceModule? module, ReadOnlySpan<ulong> addresses, CallNodeKind kind, IFrameReceiver into)
    {
        var unnamed = runtime ?? files;
        if (module is not null)
            files.Resolve(module, addresses, kind, into);
        else if (map?.Read() is { } names)
            Resolve(names, addresses, kind, unnamed, into);
        else
            unnamed.Resolve(null, addresses, kind, into);
    }

    static void Resolve(PerfMap names, ReadOnlySpan<ulong> addresses, CallNodeKind kind, IFrameSource unnamed, IFrameReceiver into)
    {
        var back = kind == CallNodeKind.Interrupted ? 0u : 1u;
        foreach (ref readonly var address in addresses)
        {
            if (names.NameAt(address - back) is { Length: > 0 } name)
            {
                into.Frame(Encoding.UTF8.GetBytes(name), default, 0, inlined: false);
                into.EndAddress();
            }
            else
            {
                unnamed.Resolve(null, [address], kind, into);
            }
        }
    }
}
