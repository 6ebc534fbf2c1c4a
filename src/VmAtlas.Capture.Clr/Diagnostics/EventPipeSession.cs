using System.Buffers.Binary;
using System.Net.Sockets;
using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr.Diagnostics;

/// <summary>Has the target's own runtime tell where its generations are, over its diagnostics socket (EventPipe).</summary>
/// <remarks>
/// This disturbs, so it is done only when asked for: the runtime starts a thread, takes a buffer, and while the session lasts its collections take longer,
/// since each tells what survived and moved. Ranges are told only around a collection, so either one is waited for or one is induced (a full, blocking one).
/// </remarks>
static class EventPipeSession
{
    const string Provider = "Microsoft-Windows-DotNETRuntime";
    const ulong Gc = 0x1, SurvivalAndMovement = 0x400000, CollectNow = 0x800000;
    const uint Informational = 4, BufferMib = 16;

    /// <summary>For the end of a session: what is on its way, and the answer.</summary>
    static readonly TimeSpan s_ending = TimeSpan.FromSeconds(1);

    /// <exception cref="AnnotatorUnavailableException">It does not listen, does not answer, or had no collection to tell of in time.</exception>
    public static ManagedReport Ask(int pid, bool induce, TimeSpan wait, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(wait);
        try
        {
            var version = ReadVersion(pid, deadline.Token);
            var ranges = ReadRanges(pid, induce, deadline.Token);
            return new ManagedReport { Evidence = ManagedEvidence.EventPipe, RuntimeVersion = version, IsServer = ranges.IsServer, Ranges = ranges.Told! };
        }
        catch (Exception e) when (e is IOException or InvalidDataException or SocketException or ObjectDisposedException or UnauthorizedAccessException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new AnnotatorUnavailableException(!deadline.IsCancellationRequested ? e.Message
                : induce ? $"its runtime told nothing within {wait.TotalSeconds:0.#} s"
                : $"its runtime collected nothing within {wait.TotalSeconds:0.#} s, and only then tells where its generations are");
        }
    }

    static string? ReadVersion(int pid, CancellationToken deadline)
    {
        using var connection = DiagnosticsConnection.Ask(pid, DiagnosticsMessage.ProcessInfo(), deadline);
        return DiagnosticsMessage.VersionIn(DiagnosticsMessage.ReadAnswer(connection.Stream));
    }

    static GenerationRanges ReadRanges(int pid, bool induce, CancellationToken deadline)
    {
        var ranges = new GenerationRanges();
        var keywords = Gc | SurvivalAndMovement | (induce ? CollectNow : 0);
        using var connection = DiagnosticsConnection.Ask(pid, DiagnosticsMessage.StartSession(Provider, keywords, Informational, BufferMib), deadline);
        if (DiagnosticsMessage.ReadAnswer(connection.Stream) is not { Length: >= 8 } answer)
            throw new InvalidDataException("its runtime started no session");
        try
        {
            var reader = new NetTraceReader(connection.Stream, Provider, ranges.Receive);
            reader.ReadHead();
            while (ranges.Told is null && reader.ReadNext())
            {
            }
        }
        finally
        {
            Stop(pid, BinaryPrimitives.ReadUInt64LittleEndian(answer), connection);
        }
        return ranges.Told is not null ? ranges : throw new InvalidDataException("its runtime ended the session without a word of its generations");
    }

    /// <summary>Ends the session. A runtime that can not be asked to any more ends it by itself when it finds nobody reading.</summary>
    static void Stop(int pid, ulong session, DiagnosticsConnection events)
    {
        using var deadline = new CancellationTokenSource(s_ending);
        try
        {
            using var stopping = DiagnosticsConnection.Ask(pid, DiagnosticsMessage.StopSession(session), deadline.Token);
            events.Dispose(); // it would else wait for us to read what is left
            DiagnosticsMessage.ReadAnswer(stopping.Stream);
        }
        catch (Exception e) when (e is AnnotatorUnavailableException or IOException or InvalidDataException or SocketException or ObjectDisposedException)
        {
            // The session is closed at our end, which does the same, a little later.
        }
    }
}
