using System.Runtime.InteropServices;
using Microsoft.Diagnostics.Tracing.Parsers;
using Microsoft.Diagnostics.Tracing.Session;
using VmAtlas.Model;

namespace VmAtlas.Tracing.Windows;

/// <summary>The two event tracing sessions that tell what a process does with memory: the kernel's, with VirtualAlloc and images of all processes, and the heap manager's, of one process.</summary>
/// <remarks>
/// Both write logs, which are read when the sessions have ended: the system writes them by itself, so nothing is lost while nobody reads, and what reads them is what reads any other log.
/// A log that is full ends (<see cref="MostMegabytes"/>). A session outlives its creator that is killed: <c>logman stop NAME -ets</c> ends it.
/// </remarks>
public sealed class SystemSessions : IDisposable
{
    const int MostMegabytes = 1024, BufferMegabytes = 64, NotImplemented = unchecked((int)0x80070078), AccessDenied = unchecked((int)0x80070005);

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmatlas-");
    readonly string _name = $"VmAtlas {Environment.ProcessId}";
    TraceEventSession? _kernel, _heap;

    SystemSessions()
    {
    }

    /// <summary>Where the logs lie until this is disposed: the kernel's, then the heap's.</summary>
    public IReadOnlyList<string> Logs => [KernelLog, HeapLog];

    /// <summary>Bytes of the logs so far, as far as they are written.</summary>
    public long Written => Logs.Select(l => new FileInfo(l)).Where(f => f.Exists).Sum(f => f.Length);

    /// <summary>A log has no more room: what happened since is not in it.</summary>
    public bool IsFull => Logs.Select(l => new FileInfo(l)).Any(f => f.Exists && f.Length >= (MostMegabytes - 1L) << 20);

    /// <summary>Buffers that the system had no room for.</summary>
    public int EventsLost { get; private set; }

    string KernelLog => Path.Combine(_folder.FullName, "kernel.etl");

    string HeapLog => Path.Combine(_folder.FullName, "heap.etl");

    /// <summary>Begins with the kernel's session. No process is touched before <see cref="BeginHeap"/>.</summary>
    /// <exception cref="VmAtlasException">Not as administrator (<see cref="Failure.NotPermitted"/>), or the system has no such sessions.</exception>
    public static SystemSessions Begin()
    {
        if (TraceEventSession.IsElevated() == false)
            throw Refused();
        var sessions = new SystemSessions();
        try
        {
            sessions._kernel = New($"{sessions._name} kernel", sessions.KernelLog);
            Start(() => sessions._kernel.EnableKernelProvider(
                KernelTraceEventParser.Keywords.ImageLoad | KernelTraceEventParser.Keywords.VirtualAlloc, KernelTraceEventParser.Keywords.VirtualAlloc), sessions.KernelLog);
            return sessions;
        }
        catch
        {
            sessions.Dispose();
            throw;
        }
    }

    /// <summary>Every block that the heaps of a process give and take from now on, with the stacks of those who ask.</summary>
    /// <exception cref="VmAtlasException">As <see cref="Begin"/>.</exception>
    public void BeginHeap(int pid)
    {
        _heap = New($"{_name} heap", HeapLog);
        Start(() => _heap.EnableWindowsHeapProvider(pid), HeapLog);
    }

    /// <summary>Ends both sessions. Their logs are whole then.</summary>
    public void End()
    {
        foreach (var session in (TraceEventSession?[])[_heap, _kernel])
        {
            if (session is not { IsActive: true })
                continue;
            EventsLost += session.EventsLost;
            session.Stop();
        }
    }

    public void Dispose()
    {
        _heap?.Dispose();
        _kernel?.Dispose();
        try
        {
            _folder.Delete(recursive: true);
        }
        catch (IOException)
        {
            // A virus scanner may hold a log: it is in the folder for temporary files, and of no harm there.
        }
    }

    static TraceEventSession New(string name, string log) => new(name, log) { BufferSizeMB = BufferMegabytes, MaximumFileMB = MostMegabytes };

    /// <summary>A session that began has its log at once; a system that only says yes has none.</summary>
    static void Start(Action start, string log)
    {
        try
        {
            start();
        }
        catch (Exception e) when (e is UnauthorizedAccessException || e.HResult == AccessDenied)
        {
            throw Refused();
        }
        catch (Exception e) when (e is NotSupportedException or NotImplementedException or DllNotFoundException or EntryPointNotFoundException || e.HResult == NotImplemented)
        {
            throw Missing(e);
        }
        catch (Exception e) when (e is COMException or IOException or System.ComponentModel.Win32Exception)
        {
            throw new VmAtlasException(Failure.General, $"Windows begins no event tracing session: {e.Message}", e);
        }
        if (!File.Exists(log))
            throw Missing(null);
    }

    static VmAtlasException Refused() =>
        new(Failure.NotPermitted, "native memory is traced by the system's event tracing, which takes an administrator: run vmatlas as administrator");

    static VmAtlasException Missing(Exception? cause) =>
        new(Failure.Usage, "this system has no event tracing of heaps and VirtualAlloc (Windows 10 and later has): only --attach to a .NET process works here", cause);
}
