using System.Buffers.Binary;
using System.Net.Sockets;
using VmAtlas.Capture.Clr.Diagnostics;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Capture.Clr.Allocations;

/// <summary>Where the code of a .NET process's methods is, compiled or loaded: for stacks that go through it.</summary>
/// <remarks>A session is opened and ended at once: at its end the runtime tells all methods that are. Those whose code was dropped before are not among them.</remarks>
public static class ManagedCode
{
    const ulong Jit = 0x10;
    const uint Informational = 4, BufferMib = 64;

    static readonly TimeSpan s_telling = TimeSpan.FromSeconds(20);

    /// <exception cref="VmAtlasException">Its runtime does not answer.</exception>
    public static IFrameSource NamesOf(int pid)
    {
        var methods = new ManagedMethods();
        using var deadline = new CancellationTokenSource(s_telling);
        try
        {
            using var session = DiagnosticsConnection.Ask(pid, DiagnosticsMessage.StartSession(ManagedTrace.Provider, Jit, Informational, BufferMib, rundown: true), deadline.Token);
            if (DiagnosticsMessage.ReadAnswer(session.Stream) is not { Length: >= 8 } answer)
                throw new InvalidDataException("its runtime started no session");
            // It answers when all is told, and tells only while somebody reads.
            using var stopping = DiagnosticsConnection.Ask(pid, DiagnosticsMessage.StopSession(BinaryPrimitives.ReadUInt64LittleEndian(answer)), deadline.Token);
            Read(session.Stream, methods);
            DiagnosticsMessage.ReadAnswer(stopping.Stream);
        }
        catch (Exception e) when (e is AnnotatorUnavailableException or IOException or InvalidDataException or SocketException or ObjectDisposedException or UnauthorizedAccessException)
        {
            throw new VmAtlasException(Failure.NotPermitted, $"process {pid} can not be asked for its methods: {e.Message}", e);
        }
        return methods;
    }

    static void Read(Stream stream, ManagedMethods methods)
    {
        var reader = new NetTraceReader(stream, ManagedTrace.Provider, (id, payload) =>
        {
            if (id is ManagedAllocations.MethodLoadVerbose or ManagedAllocations.MethodEndVerbose)
                methods.Learn(payload);
        });
        reader.ReadHead();
        while (reader.ReadNext())
        {
        }
    }
}
