using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using VmAtlas.Model;
using VmAtlas.Tracing.Interop;

namespace VmAtlas.Tracing.Attach;

/// <summary>One thread of a target, stopped, made to call functions, and let go as if nothing had been. The others run on all the time.</summary>
/// <remarks>
/// A call returns to address 0, and the fault that makes is how it comes back: no breakpoint is ever written into the target. All signals are blocked
/// meanwhile. A system call that was interrupted is begun again by the kernel, as its number and its return code are put back with the registers.
/// Every method is called on the thread that made this.
/// </remarks>
sealed unsafe class StoppedThread : IDisposable
{
    const int StateSize = 32 << 10;
    const int RedZone = 128;
    const int Room = 512;

    static readonly TimeSpan s_stopPatience = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan s_latePatience = TimeSpan.FromMilliseconds(10);
    static readonly TimeSpan s_callPatience = TimeSpan.FromSeconds(10);

    readonly int _tid;
    readonly RemoteMemory _memory;
    readonly byte[] _state = new byte[StateSize];
    readonly long _stoppedAt = Stopwatch.GetTimestamp();
    Registers _saved;
    int _stateLength;
    ulong _mask;
    int _signal;
    bool _changed;
    bool _isLate;

    StoppedThread(int tid, RemoteMemory memory) => (_tid, _memory) = (tid, memory);

    public Registers Registers => _saved;

    /// <summary>Since it was told to stop.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_stoppedAt);

    /// <summary>Tells a thread to stop. Null when it has ended.</summary>
    /// <remarks>One that is not <see cref="HasStopped"/> can not be let go: the kernel does it when our own thread ends (ptrace(2)).</remarks>
    /// <exception cref="VmAtlasException">Not permitted.</exception>
    public static StoppedThread? Ask(int tid, RemoteMemory memory)
    {
        if (Ptrace.ptrace(Ptrace.PTRACE_SEIZE, tid, null, null) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            return error == Libc.ESRCH ? null : throw new VmAtlasException(Failure.NotPermitted,
                $"the system does not let us attach to thread {tid}: {Marshal.GetPInvokeErrorMessage(error)}; root can, unless another program traces it");
        }
        return Ptrace.ptrace(Ptrace.PTRACE_INTERRUPT, tid, null, null) == 0 ? new StoppedThread(tid, memory) : null;
    }

    /// <summary>Whether the thread stands still, after a short wait. It does not while it waits in the kernel where nothing interrupts it, or for its turn on
    /// a busy machine.</summary>
    public bool HasStopped()
    {
        var patience = _isLate ? s_latePatience : s_stopPatience;
        _isLate = true;
        if (AwaitStop(patience) is not { } status)
            return false;
        // A signal that was about to be delivered is delivered when the thread goes on.
        _signal = status >> 16 == 0 ? status >> 8 & 0xff : 0;
        return Save();
    }

    /// <summary>Runs a function of the target to its end.</summary>
    /// <exception cref="VmAtlasException">It faulted, or did not return.</exception>
    public ulong Call(ulong function, ReadOnlySpan<ulong> arguments)
    {
        var registers = _saved;
        registers.Rsp = ((_saved.Rsp - RedZone - Room) & ~15UL) - 8;
        _memory.Write(registers.Rsp, stackalloc byte[8]);
        registers.Rip = function;
        registers.Rax = 0;
        registers.OrigRax = ulong.MaxValue;
        registers.Rdi = arguments.Length > 0 ? arguments[0] : 0;
        registers.Rsi = arguments.Length > 1 ? arguments[1] : 0;
        registers.Rdx = arguments.Length > 2 ? arguments[2] : 0;
        _changed = true;
        SetRegisters(registers);
        return Run();
    }

    /// <summary>The same with a text as its first argument, or the second where a number stands before it.</summary>
    public ulong CallWithText(ulong function, ulong? before, string text, ulong after)
    {
        var at = (_saved.Rsp - RedZone - Room / 2) & ~15UL;
        _memory.Write(at, Encoding.UTF8.GetBytes(text + "\0"));
        return before is { } number ? Call(function, [number, at, after]) : Call(function, [at, after]);
    }

    public void Dispose()
    {
        if (_changed)
            Restore();
        _ = Ptrace.ptrace(Ptrace.PTRACE_DETACH, _tid, null, (void*)_signal); // fails only for a thread that has ended
    }

    ulong Run()
    {
        for (;;)
        {
            if (Ptrace.ptrace(Ptrace.PTRACE_CONT, _tid, null, null) != 0 || AwaitStop(s_callPatience) is not { } status)
                throw new VmAtlasException(Failure.General, "the target did not come back from a call made in it; it was let go on where it was");
            var signal = status >> 8 & 0xff;
            if (status >> 16 != 0)
                continue; // the interruption asked for before, arriving late
            var now = GetRegisters();
            if (signal == Ptrace.SIGSEGV && now.Rip == 0)
                return now.Rax;
            throw new VmAtlasException(Failure.General, $"a call made in the target was ended by signal {signal}; the target goes on where it was");
        }
    }

    int? AwaitStop(TimeSpan patience)
    {
        var clock = Stopwatch.StartNew();
        for (var tries = 0; ; tries++)
        {
            int status;
            var got = Libc.waitpid(_tid, &status, Libc.WaitAll | Libc.WNOHANG);
            if (got == _tid && (status & 0xff) == 0x7f)
                return status;
            if (got == 0 && tries % 64 == 63 && StatusTakenByAnother() is { } taken)
                return taken;
            if (got != 0 || clock.Elapsed > patience)
                return null;
            if (tries > 2000)
                Thread.Sleep(1);
            else
                Thread.SpinWait(20);
        }
    }

    /// <summary>Where the target is our child, whoever else waits in this process (.NET's own class for processes does) may take the news of a stop. The
    /// thread's state and the signal it stopped with say the same.</summary>
    int? StatusTakenByAnother()
    {
        const int StateField = 2;
        try
        {
            var stat = File.ReadAllText($"/proc/{_tid}/stat");
            if (stat[stat.LastIndexOf(')') + StateField] != 't')
                return null;
        }
        catch (IOException)
        {
            return null; // it has ended
        }
        var signal = stackalloc int[32]; // siginfo_t: number, errno, code
        return Ptrace.ptrace(Ptrace.PTRACE_GETSIGINFO, _tid, null, signal) == 0 ? signal[2] >> 8 << 16 | signal[0] << 8 | 0x7f : null;
    }

    bool Save()
    {
        ulong mask;
        fixed (Registers* registers = &_saved)
        fixed (byte* state = _state)
        {
            var general = new Iovec { Base = registers, Length = (nuint)sizeof(Registers) };
            var vector = new Iovec { Base = state, Length = StateSize };
            if (Ptrace.ptrace(Ptrace.PTRACE_GETREGSET, _tid, (void*)Ptrace.NT_PRSTATUS, &general) != 0
                || Ptrace.ptrace(Ptrace.PTRACE_GETREGSET, _tid, (void*)Ptrace.NT_X86_XSTATE, &vector) != 0
                || Ptrace.ptrace(Ptrace.PTRACE_GETSIGMASK, _tid, (void*)8, &mask) != 0)
                return false;
            _stateLength = (int)vector.Length;
        }
        _mask = mask;
        var all = ulong.MaxValue;
        return Ptrace.ptrace(Ptrace.PTRACE_SETSIGMASK, _tid, (void*)8, &all) == 0 && (_changed = true);
    }

    void Restore()
    {
        SetRegisters(_saved);
        fixed (byte* state = _state)
        {
            var vector = new Iovec { Base = state, Length = (nuint)_stateLength };
            _ = Ptrace.ptrace(Ptrace.PTRACE_SETREGSET, _tid, (void*)Ptrace.NT_X86_XSTATE, &vector);
        }
        var mask = _mask;
        _ = Ptrace.ptrace(Ptrace.PTRACE_SETSIGMASK, _tid, (void*)8, &mask);
    }

    Registers GetRegisters()
    {
        Registers registers;
        var general = new Iovec { Base = &registers, Length = (nuint)sizeof(Registers) };
        _ = Ptrace.ptrace(Ptrace.PTRACE_GETREGSET, _tid, (void*)Ptrace.NT_PRSTATUS, &general);
        return registers;
    }

    void SetRegisters(Registers registers)
    {
        var general = new Iovec { Base = &registers, Length = (nuint)sizeof(Registers) };
        _ = Ptrace.ptrace(Ptrace.PTRACE_SETREGSET, _tid, (void*)Ptrace.NT_PRSTATUS, &general);
    }
}
