using System.Runtime.InteropServices;

namespace VmAtlas.Capture.Clr.Helper.Interop;

/// <summary>libc, as its manual pages spell it. What fails returns -1 and sets errno.</summary>
static unsafe partial class Libc
{
    public const int O_RDONLY = 0, O_NONBLOCK = 0x800, O_NOCTTY = 0x100, O_CLOEXEC = 0x80000, O_PATH = 0x200000;
    public const int PR_SET_DUMPABLE = 4, PR_SET_NO_NEW_PRIVS = 38;
    public const int RLIMIT_CPU = 0, RLIMIT_FSIZE = 1, RLIMIT_DATA = 2, RLIMIT_CORE = 4;

    /// <summary>open(2)</summary>
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags);

    /// <summary>close(2)</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int fd);

    /// <summary>pread(2)</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint pread(int fd, void* buffer, nuint count, long offset);

    /// <summary>statx(2)</summary>
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int statx(int folder, string path, int flags, uint mask, Statx* status);

    /// <summary>realpath(3): a string to be freed.</summary>
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial byte* realpath(string path, byte* resolved);

    /// <summary>geteuid(2)</summary>
    [LibraryImport("libc")]
    public static partial uint geteuid();

    /// <summary>setresuid(2); glibc and musl change all threads.</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int setresuid(uint real, uint effective, uint saved);

    /// <summary>setresgid(2)</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int setresgid(uint real, uint effective, uint saved);

    /// <summary>setgroups(2)</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int setgroups(nuint size, uint* list);

    /// <summary>setrlimit(2)</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int setrlimit(int resource, Rlimit* limit);

    /// <summary>prctl(2)</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);

    /// <summary>syscall(2), for seccomp(2), which has no wrapper.</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint syscall(nint number, nuint a, nuint b, void* c);

    public readonly record struct Rlimit(ulong Current, ulong Max);

    /// <summary>struct statx, the fields used: statx(2).</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct Statx
    {
        [FieldOffset(20)] public uint Uid;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;

        public readonly bool IsRegular => (Mode & 0xf000) == 0x8000;

        public readonly bool IsFolder => (Mode & 0xf000) == 0x4000;
    }
}
