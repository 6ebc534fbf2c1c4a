using System.Runtime.InteropServices;
using VmAtlas.Tracing.Interop;

namespace VmAtlas.Tracing.Launch;

/// <summary>Stands by a child as a debugger does (ptrace(2)), so that its memory can be looked at when a signal has ended it and before it is gone.</summary>
/// <remarks>Only its first thread is seized: while that stands at its end the memory is there, whoever else has ended already. A program whose first thread ends
/// before the others, or another thread of which calls exec, is not seen to its end. Not harmless: each signal of that thread passes through here, calls that
/// Linux does not restart (epoll_wait) return EINTR for signals that are ignored, too, and nobody else can trace the program. So it is done by name only.</remarks>
sealed unsafe class ExitWatch
{
    const int ExitEvent = 6, StopEvent = 128, SignalMask = 0x7f;

    readonly int _pid;
    readonly Action _killed;
    readonly Thread _thread;

    ExitWatch(int pid, Action killed)
    {
        (_pid, _killed) = (pid, killed);
        // All calls of ptrace for a thread come from the one that seized it.
        var seized = new TaskCompletionSource();
        _thread = new Thread(() => Run(seized)) { IsBackground = true, Name = "exit watch" };
        _thread.Start();
        seized.Task.Wait();
    }

    /// <summary>Why it could not be done, or what went wrong; null when all is well.</summary>
    public string? Problem { get; private set; }

    /// <param name="killed">Called while the program stands at its end, if a signal brought it there.</param>
    public static ExitWatch Start(int pid, Action killed) => new(pid, killed);

    /// <summary>Until the program has ended.</summary>
    public void Wait() => _thread.Join();

    void Run(TaskCompletionSource begun)
    {
        var seized = Ptrace.ptrace(Ptrace.PTRACE_SEIZE, _pid, null, (void*)Ptrace.PTRACE_O_TRACEEXIT) == 0;
        var error = Marshal.GetLastPInvokeError();
        if (!seized && error != Libc.ESRCH)
            Problem = $"the program can not be stood by as a debugger would ({Marshal.GetPInvokeErrorMessage(error)}): what a signal ends has no map of that moment";
        begun.SetResult();
        while (seized && NextStop() is { } stop)
            GoOn(stop & 0xff, stop >> 8);
    }

    /// <summary>The signal, and above it the event; null once it has ended. Its end itself is left to whoever waits for that.</summary>
    int? NextStop()
    {
        const int ByPid = 1, Stopped = 2, Interrupted = 4, StatusAt = 24, InfoBytes = 128;
        var info = stackalloc byte[InfoBytes];
        while (Libc.waitid(ByPid, (uint)_pid, info, Stopped | Libc.WaitAll) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted)
                return null;
        }
        return *(int*)(info + StatusAt); // siginfo_t's si_status
    }

    void GoOn(int signal, int happened)
    {
        ulong ending = 0;
        if (happened == ExitEvent && Ptrace.ptrace(Ptrace.PTRACE_GETEVENTMSG, _pid, null, &ending) == 0 && (ending & SignalMask) != 0)
            Look();
        // A stop of job control lasts until its SIGCONT; any other signal is given to it as it came.
        if (happened == StopEvent && signal != Ptrace.SIGTRAP)
            Ptrace.ptrace(Ptrace.PTRACE_LISTEN, _pid, null, null);
        else
            Ptrace.ptrace(Ptrace.PTRACE_CONT, _pid, null, (void*)(happened == 0 ? signal : 0));
    }

    void Look()
    {
        try
        {
            _killed();
        }
        catch (Exception e) // the program must end whatever comes
        {
            Problem = e.Message;
        }
    }
}
