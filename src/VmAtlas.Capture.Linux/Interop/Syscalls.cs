using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VmAtlas.Capture.Linux.Interop;

/// <summary>System calls by number. Those since 2019 have one number on every architecture.</summary>
static unsafe class Syscalls
{
    const nint PidfdOpen = 434;
    const nint OpenAt2 = 437;
    const nint ProcessMadvise = 440;

    /// <summary>RESOLVE_NO_MAGICLINKS | RESOLVE_IN_ROOT: no link, "..", or absolute path leads out of the folder.</summary>
    const ulong ResolveInRoot = 0x02 | 0x10;

    struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    /// <summary>openat2(2): opens a path as the process whose root the folder is would, and never outside of it. Linux 5.6.</summary>
    /// <param name="path">Ends with a zero byte.</param>
    public static SafeFileHandle OpenInRoot(SafeFileHandle root, ReadOnlySpan<byte> path, int flags)
    {
        var how = new OpenHow { Flags = (ulong)flags, Resolve = ResolveInRoot };
        fixed (byte* text = path)
            return new(Libc.syscall(OpenAt2, root.DangerousGetHandle(), (nint)text, (nint)(&how), sizeof(OpenHow), 0), ownsHandle: true);
    }

    /// <summary>pidfd_open(2). Linux 5.3.</summary>
    public static SafeFileHandle OpenProcess(int pid) => new(Libc.syscall(PidfdOpen, pid, 0, 0, 0, 0), ownsHandle: true);

    /// <summary>process_madvise(2): bytes advised, or -1. Linux 5.10.</summary>
    public static nint AdviseProcess(SafeFileHandle pidfd, Iovec* ranges, int count, int advice) =>
        Libc.syscall(ProcessMadvise, pidfd.DangerousGetHandle(), (nint)ranges, count, advice, 0);

    /// <summary>get_robust_list(2): the address of a thread's list head, which glibc keeps inside the thread control block;
    /// 0 where the thread has none (musl, Go). Needs the right to read the target (PTRACE_MODE_READ).</summary>
    public static bool TryGetRobustList(int tid, out ulong head)
    {
        nint number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 100 : 274;
        nuint at = 0, length = 0;
        var ok = Libc.syscall(number, tid, (nint)(&at), (nint)(&length), 0, 0) == 0;
        head = at;
        return ok;
    }
}
