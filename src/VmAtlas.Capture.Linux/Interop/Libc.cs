using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VmAtlas.Capture.Linux.Interop;

/// <summary>The C library, spelt as the manual spells it. A failed call leaves its errno in
/// <see cref="Marshal.GetLastPInvokeError"/>.</summary>
/// <remarks>Only flags that have the same value on every architecture are used; file facts come from statx, whose layout is
/// the same everywhere, and not from stat.</remarks>
static unsafe partial class Libc
{
    public const int O_RDONLY = 0;
    public const int O_WRONLY = 1;
    public const int O_NOCTTY = 0x100;
    public const int O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000;
    public const int O_PATH = 0x200000;

    public const int AT_FDCWD = -100;
    public const int AT_EMPTY_PATH = 0x1000;

    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int ESRCH = 3;
    public const int EINTR = 4;
    public const int EIO = 5;
    public const int EACCES = 13;
    public const int EFAULT = 14;
    public const int EINVAL = 22;
    public const int ENOTTY = 25;
    public const int ENOSYS = 38;

    /// <summary>openat(2).</summary>
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial SafeFileHandle openat(int dirfd, string path, int flags);

    /// <summary>openat(2), the bare descriptor: for very many small files, where a handle object each would cost as much as the call.</summary>
    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    public static partial int openat_bare(int dirfd, byte* path, int flags);

    /// <summary>read(2) of a bare descriptor.</summary>
    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint read_bare(int fd, byte* into, nuint count);

    /// <summary>close(2) of a bare descriptor.</summary>
    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int close_bare(int fd);

    /// <summary>read(2).</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint read(SafeFileHandle fd, byte* into, nuint count);

    /// <summary>pread(2).</summary>
    [LibraryImport("libc", EntryPoint = "pread64", SetLastError = true)]
    public static partial nint pread(SafeFileHandle fd, void* into, nuint count, long offset);

    /// <summary>write(2).</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint write(SafeFileHandle fd, byte* from, nuint count);

    /// <summary>ioctl(2).</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int ioctl(SafeFileHandle fd, nuint request, void* argument);

    /// <summary>geteuid(2).</summary>
    [LibraryImport("libc")]
    public static partial uint geteuid();

    /// <summary>statx(2).</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int statx(SafeFileHandle dirfd, byte* path, int flags, uint mask, Statx* into);

    /// <summary>process_vm_readv(2).</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint process_vm_readv(int pid, Iovec* local, nuint locals, Iovec* remote, nuint remotes, nuint flags);

    /// <summary>syscall(2), for calls that the oldest libraries served have no function for.</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint syscall(nint number, nint a, nint b, nint c, nint d, nint e);
}

/// <summary>struct iovec, readv(2).</summary>
struct Iovec
{
    public nuint Base;
    public nuint Length;
}

/// <summary>struct statx, statx(2): the fields used, at the offsets of <c>linux/stat.h</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
struct Statx
{
    public const uint BasicStats = 0x7ff;

    [FieldOffset(16)] public uint Links;
    [FieldOffset(20)] public uint Uid;
    [FieldOffset(28)] public ushort Mode;
    [FieldOffset(32)] public ulong Inode;
    [FieldOffset(40)] public ulong Size;
    [FieldOffset(136)] public uint DeviceMajor;
    [FieldOffset(140)] public uint DeviceMinor;

    public readonly bool IsRegular => (Mode & 0xf000) == 0x8000;

    public static unsafe bool TryOf(Microsoft.Win32.SafeHandles.SafeFileHandle file, out Statx facts)
    {
        byte empty = 0;
        fixed (Statx* into = &facts)
            return Libc.statx(file, &empty, Libc.AT_EMPTY_PATH, BasicStats, into) == 0;
    }
}
