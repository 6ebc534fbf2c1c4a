using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using VmAtlas.Capture.Clr.Diagnostics;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Capture.Clr.Allocations;

/// <summary>The objects that a .NET process makes, sampled by its own runtime, with call stacks. Nothing is loaded into it; no thread of it is stopped.</summary>
/// <remarks>.NET 10 samples every byte with the same chance (AllocationSampled). Before it there is one event every 100 KiB (AllocationTick), whose object stands
/// for all that was made since the last: right in sum, and in the mean only where types and places take turns.</remarks>
public sealed class ManagedTrace : IDisposable
{
    internal const string Provider = "Microsoft-Windows-DotNETRuntime";
    const ulong Gc = 0x1, Jit = 0x10, AllocationSampling = 0x80000000000;
    const uint Informational = 4, Verbose = 5, BufferMib = 64;
    const int FirstWithSampling = 10;

    /// <summary>Mean bytes between two samples.</summary>
    public const ulong Interval = ManagedAllocations.Interval;

    static readonly TimeSpan s_asking = TimeSpan.FromSeconds(5), s_ending = TimeSpan.FromSeconds(20), s_draining = TimeSpan.FromSeconds(2);

    readonly int _pid;
    readonly DiagnosticsConnection _connection;
    readonly ulong _session;
    readonly ITraceSink _sink;
    readonly ManagedMethods _methods = new();
    readonly ManagedAllocations _allocations;
    readonly Thread _thread;
    int _finished;

    ManagedTrace(int pid, DiagnosticsConnection connection, ulong session, ITraceSink sink)
    {
        (_pid, _connection, _session, _sink) = (pid, connection, session, sink);
        _allocations = new ManagedAllocations(pid, sink, _methods);
        _thread = new Thread(Read) { IsBackground = true, Name = "runtime's events" };
        _thread.Start();
    }

    /// <summary>Names the calls, best after <see cref="Stop"/>: only then the runtime has told of all methods.</summary>
    public IFrameSource Frames => _methods;

    /// <summary>Methods it has told of so far: more of them name more calls.</summary>
    public int Methods => _methods.Count;

    /// <summary>The runtime ended the session by itself: the process has ended.</summary>
    public bool IsTargetGone => !_thread.IsAlive;

    /// <summary>Whether a process has .NET's runtime in it.</summary>
    public static bool IsManaged(int pid)
    {
        if (OperatingSystem.IsWindows())
            return DiagnosticsPipe.IsThere(pid);
        try
        {
            return File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/maps")).Any(l => l.EndsWith("/libcoreclr.so", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // whoever goes on says why
        }
    }

    /// <summary>The process whose objects they are.</summary>
    public int Pid => _pid;

    /// <summary>What its <see cref="ITraceObserver"/> gave for it.</summary>
    public ITraceSink Sink => _sink;

    /// <exception cref="VmAtlasException">Its runtime does not answer.</exception>
    public static ManagedTrace Attach(int pid, ITraceObserver observer) => Begin(pid, attached: true, observer);

    /// <param name="attached">Objects were made before.</param>
    internal static ManagedTrace Begin(int pid, bool attached, ITraceObserver observer)
    {
        try
        {
            using var deadline = new CancellationTokenSource(s_asking);
            string? version;
            using (var asking = DiagnosticsConnection.Ask(pid, DiagnosticsMessage.ProcessInfo(), deadline.Token))
                version = DiagnosticsMessage.VersionIn(DiagnosticsMessage.ReadAnswer(asking.Stream));
            var samples = int.TryParse(version?.Split('.')[0], CultureInfo.InvariantCulture, out var major) && major >= FirstWithSampling;
            var (keywords, level) = samples ? (AllocationSampling | Jit, Informational) : (Gc | Jit, Verbose);
            var connection = DiagnosticsConnection.Ask(pid, DiagnosticsMessage.StartSession(Provider, keywords, level, BufferMib, rundown: true), CancellationToken.None);
            if (DiagnosticsMessage.ReadAnswer(connection.Stream) is not { Length: >= 8 } answer)
                throw new InvalidDataException("its runtime started no session");
            var sink = observer.Begin(new TraceProcess(pid, 0, CommandOf(pid), DateTimeOffset.UtcNow, attached, ManagedAllocations.Interval));
            return new ManagedTrace(pid, connection, BinaryPrimitives.ReadUInt64LittleEndian(answer), sink);
        }
        catch (Exception e) when (e is AnnotatorUnavailableException or IOException or InvalidDataException or SocketException or ObjectDisposedException or UnauthorizedAccessException)
        {
            throw new VmAtlasException(Failure.NotPermitted, $"process {pid} can not be asked for its objects: {e.Message}", e);
        }
    }

    /// <summary>Ends the session, after the runtime has told its methods.</summary>
    public void Stop()
    {
        if (Interlocked.Exchange(ref _finished, 1) != 0)
            return;
        var gone = IsTargetGone;
        if (!gone)
        {
            try
            {
                using var deadline = new CancellationTokenSource(s_ending);
                using var stopping = DiagnosticsConnection.Ask(_pid, DiagnosticsMessage.StopSession(_session), deadline.Token);
                DiagnosticsMessage.ReadAnswer(stopping.Stream);
                _thread.Join(s_ending);
            }
            catch (Exception e) when (e is AnnotatorUnavailableException or IOException or InvalidDataException or SocketException or ObjectDisposedException)
            {
                gone = true; // it ended at this moment, and what it told before is still on its way
                _thread.Join(s_draining);
            }
        }
        Close(gone ? TraceEnding.Gone : TraceEnding.Detached, 0);
    }

    /// <summary>The same for a process that has ended, as said: what it told before is read to its end.</summary>
    public void Stop(TraceEnding ending, int value)
    {
        if (Interlocked.Exchange(ref _finished, 1) != 0)
            return;
        _thread.Join(s_ending);
        Close(ending, value);
    }

    public void Dispose()
    {
        Stop();
        _connection.Dispose();
    }

    static string CommandOf(int pid)
    {
        try
        {
            if (!OperatingSystem.IsWindows())
                return File.ReadAllText($"/proc/{pid}/cmdline").TrimEnd('\0').Replace('\0', ' ');
            using var process = Process.GetProcessById(pid);
            return process.MainModule?.FileName ?? "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Win32Exception or ArgumentException or InvalidOperationException)
        {
            return ""; // it has ended already
        }
    }

    void Close(TraceEnding ending, int value)
    {
        _connection.Dispose();
        _thread.Join();
        _sink.End(ending, value, _allocations.LastTime);
    }

    void Read()
    {
        try
        {
            var reader = new NetTraceReader(_connection.Stream, Provider, _allocations.Receive) { Limit = long.MaxValue };
            _allocations.Reader = reader;
            reader.ReadHead();
            while (reader.ReadNext())
            {
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ObjectDisposedException)
        {
            // The process has ended, or we have: what came until then counts.
        }
    }
}
