using VmAtlas.Model;
using VmAtlas.Tracing.Session;

namespace VmAtlas.Tracing;

/// <summary>A running process that the agent was loaded into. It goes on when the trace ends, without a hook left in it.</summary>
public sealed class AttachedTrace : IDisposable
{
    readonly SharedFile _file;
    readonly SessionPump _pump;
    bool _finished;

    AttachedTrace(int pid, SharedFile file, SessionPump pump, TimeSpan stopped) => (Pid, _file, _pump, Stopped) = (pid, file, pump, stopped);

    public int Pid { get; }

    /// <summary>How long one thread of the target stood still while the agent was loaded.</summary>
    public TimeSpan Stopped { get; }

    public bool IsTargetGone => !File.Exists($"/proc/{Pid}/stat") || File.ReadAllText($"/proc/{Pid}/stat").Contains(") Z ", StringComparison.Ordinal);

    /// <exception cref="VmAtlasException">The process can not be traced.</exception>
    public static void Require(int pid) => Tracing.Attach.TargetCheck.Require(pid);

    /// <exception cref="VmAtlasException">The process can not be traced; said before it is touched wherever that can be known.</exception>
    public static AttachedTrace Attach(int pid, TraceOptions options, ITraceObserver observer)
    {
        Tracing.Attach.TargetCheck.Require(pid);
        var ticks = Ticks.Start();
        var began = DateTimeOffset.UtcNow;
        var (file, stopped) = Tracing.Attach.Injector.Attach(pid, options, ticks);
        var first = true;
        var pump = new SessionPump(file, ticks, observer, p =>
        {
            // The agent says its pid as its container counts; the first program is the one that was asked for.
            var outside = first ? pid : p;
            var process = new TraceProcess(outside, 0, LaunchedTrace.CommandOf(outside), began, first, 0);
            first = false;
            return process;
        });
        return new AttachedTrace(pid, file, pump, stopped);
    }

    /// <summary>Ends the trace; the process goes on.</summary>
    public void Detach()
    {
        if (_finished)
            return;
        var ending = TraceEnding.Detached;
        try
        {
            // A thread that waits for room inside the allocator's hook never comes to a point where it can be stopped.
            Volatile.Write(ref _file.Root.Detaching, 1);
            if (IsTargetGone)
                ending = TraceEnding.Gone;
            else
                Tracing.Attach.Injector.Detach(Pid);
        }
        catch (Exception e) when (e is IOException || e is VmAtlasException && IsTargetGone)
        {
            ending = TraceEnding.Gone; // it ended at this moment
        }
        _finished = true;
        _pump.Finish(Pid, ending, 0);
    }

    public void Dispose()
    {
        if (!_finished)
            Detach();
        _pump.Dispose();
        _file.Dispose();
    }
}
