using System.Runtime.InteropServices;

namespace VmAtlas.Capture.Linux.Interop;

/// <summary>ptrace(2) and waitpid(2) of the C library, as far as stopping and continuing needs them. All calls for one target come from the thread
/// that seized it.</summary>
static partial class Ptrace
{
    public const int PTRACE_DETACH = 17;
    public const int PTRACE_SEIZE = 0x4206;
    public const int PTRACE_INTERRUPT = 0x4207;

    public const int WNOHANG = 1;

    /// <summary>__WALL: wait for threads too.</summary>
    public const int WaitAll = 0x40000000;

    /// <summary>ptrace(2).</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint ptrace(nint request, int tid, nint address, nint data);

    /// <summary>waitpid(2).</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static unsafe partial int waitpid(int tid, int* status, int options);
}
