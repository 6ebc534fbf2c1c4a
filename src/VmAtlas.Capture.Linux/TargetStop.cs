using System.Diagnostics;
using System.Runtime.InteropServices;
using VmAtlas.Capture.Linux.Interop;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux;

/// <summary>Holds every thread of a target still, for as long as it lives. Only ever used when the user asks for it by name.</summary>
/// <remarks>
/// PTRACE_SEIZE and PTRACE_INTERRUPT (ptrace(2)) send no signal, so neither the target nor its parent sees a stop; system calls that sleep may
/// return early with EINTR where the kernel can not restart them. Threads started meanwhile are found by listing again until no new one turns up. If we die,
/// the kernel lets the target go on. Every call is made on the thread that made this, which has to dispose of it too.
/// </remarks>
public sealed class TargetStop : IDisposable
{
    const int MaxRounds = 100;

    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    readonly List<int> _stopped = [];
    readonly Stopwatch _clock = Stopwatch.StartNew();
    readonly int _thread = Environment.CurrentManagedThreadId;

    TargetStop()
    {
    }

    /// <summary>How long the target has been standing still.</summary>
    public TimeSpan Elapsed => _clock.Elapsed;

    /// <exception cref="VmAtlasException">Not permitted, traced by another, its threads keep multiplying, or it is a child of this process: the
    /// .NET runtime waits for its children in every thread's name, and would take the news of a stop for the child's end.</exception>
    public static TargetStop All(LinuxTarget target)
    {
        if (ParentOf(target) == Environment.ProcessId)
            throw new VmAtlasException(Failure.General, $"process {target.Process.Pid} was started by this one, which therefore can not stop it for a look");
        var stop = new TargetStop();
        try
        {
            stop.StopAll(target);
            return stop;
        }
        catch
        {
            stop.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Debug.Assert(_thread == Environment.CurrentManagedThreadId, "only the thread that stopped a target can let it go on");
        foreach (var tid in _stopped)
            _ = Ptrace.ptrace(Ptrace.PTRACE_DETACH, tid, 0, 0); // fails only for a thread that has ended
        _stopped.Clear();
        _clock.Stop();
    }

    void StopAll(LinuxTarget target)
    {
        var seen = new HashSet<int>();
        for (var round = 0; round < MaxRounds; round++)
        {
            var fresh = target.ThreadIds.Where(seen.Add).ToList();
            if (fresh.Count == 0)
                return;
            foreach (var tid in fresh.Where(t => Seize(target, t)).ToList())
                Await(target, tid);
        }
        throw new VmAtlasException(Failure.General,
            $"process {target.Process.Pid} starts threads faster than they can be stopped; without --stop it can be read as it runs");
    }

    /// <summary>False when the thread has ended.</summary>
    static bool Seize(LinuxTarget target, int tid)
    {
        if (Ptrace.ptrace(Ptrace.PTRACE_SEIZE, tid, 0, 0) == 0)
            return Ptrace.ptrace(Ptrace.PTRACE_INTERRUPT, tid, 0, 0) == 0;
        return Marshal.GetLastPInvokeError() switch
        {
            Libc.ESRCH => false,
            _ => throw new VmAtlasException(Failure.NotPermitted,
                $"process {target.Process.Pid} can not be stopped: that needs the right to trace it (CAP_SYS_PTRACE or the same user), and no debugger attached"),
        };
    }

    /// <summary>Waits until a thread stands still or has ended.</summary>
    /// <remarks>Whoever else waits in this process may take the news of the stop, so the thread's own state is looked at too.</remarks>
    unsafe void Await(LinuxTarget target, int tid)
    {
        var deadline = _clock.Elapsed + s_patience;
        for (var tries = 0; _clock.Elapsed < deadline; tries++)
        {
            int status;
            var got = Ptrace.waitpid(tid, &status, Ptrace.WaitAll | Ptrace.WNOHANG);
            // The low byte of a stop is 0x7f; anything else is the end of the thread.
            if (got < 0 || got == tid && (status & 0xff) != 0x7f)
                return;
            if (got == tid || tries % 32 == 31 && IsStopped(target, tid))
            {
                _stopped.Add(tid);
                return;
            }
            if (tries > 8)
                Thread.Sleep(tries > 64 ? 1 : 0);
        }
        throw new VmAtlasException(Failure.General,
            $"thread {tid} of process {target.Process.Pid} did not stop (it waits in the kernel); without --stop the process can be read as it runs");
    }

    static int? ParentOf(LinuxTarget target)
    {
        const string Key = "PPid:";
        var line = (target.TryReadProc("status") ?? "").Split('\n').FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal));
        return int.TryParse(line?[Key.Length..], out var pid) ? pid : null;
    }

    static bool IsStopped(LinuxTarget target, int tid)
    {
        var stat = target.TryReadProc($"task/{tid}/stat") ?? "";
        var state = stat.LastIndexOf(')') + 2;
        return state > 1 && state < stat.Length && stat[state] == 't';
    }
}
