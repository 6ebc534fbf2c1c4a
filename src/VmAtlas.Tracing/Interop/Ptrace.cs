using System.Runtime.InteropServices;

namespace VmAtlas.Tracing.Interop;

/// <summary>ptrace(2). Every call for a thread comes from the thread that seized it.</summary>
static unsafe partial class Ptrace
{
    public const int PTRACE_CONT = 7;
    public const int PTRACE_DETACH = 17;
    public const int PTRACE_GETEVENTMSG = 0x4201;
    public const int PTRACE_GETSIGINFO = 0x4202;
    public const int PTRACE_GETREGSET = 0x4204;
    public const int PTRACE_SETREGSET = 0x4205;
    public const int PTRACE_SEIZE = 0x4206;
    public const int PTRACE_INTERRUPT = 0x4207;
    public const int PTRACE_LISTEN = 0x4208;
    public const int PTRACE_GETSIGMASK = 0x420a;
    public const int PTRACE_SETSIGMASK = 0x420b;

    public const int PTRACE_O_TRACEEXIT = 0x40;

    public const int NT_PRSTATUS = 1;
    public const int NT_X86_XSTATE = 0x202;

    public const int SIGTRAP = 5;
    public const int SIGSEGV = 11;

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint ptrace(nint request, int tid, void* address, void* data);
}

/// <summary>struct iovec.</summary>
unsafe struct Iovec
{
    public void* Base;
    public nuint Length;
}

/// <summary>struct user_regs_struct of x86-64, <c>sys/user.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
struct Registers
{
    public ulong R15, R14, R13, R12, Rbp, Rbx, R11, R10, R9, R8, Rax, Rcx, Rdx, Rsi, Rdi, OrigRax, Rip, Cs, Eflags, Rsp, Ss, FsBase, GsBase, Ds, Es, Fs, Gs;
}
