using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VmAtlas.Symbols.Interop;

/// <summary>Opening of files that are not trusted.</summary>
static unsafe partial class Libc
{
    public const int O_RDONLY = 0;
    public const int O_NOCTTY = 0x100;
    public const int O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000;
    public const int O_PATH = 0x200000;

    const int AtFdcwd = -100;
    const nint OpenAt2Number = 437;

    /// <summary>RESOLVE_NO_MAGICLINKS | RESOLVE_IN_ROOT: no link, "..", or absolute path leads out of the folder.</summary>
    const ulong ResolveInRoot = 0x02 | 0x10;

    struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    /// <summary>openat(2), from the working folder.</summary>
    public static SafeFileHandle Open(string path, int flags) => openat(AtFdcwd, path, flags);

    /// <summary>openat2(2): opens a path as the process whose root the folder is would, and never outside of it. Linux 5.6.</summary>
    public static SafeFileHandle OpenInRoot(SafeFileHandle root, string path, int flags)
    {
        var how = new OpenHow { Flags = (ulong)flags, Resolve = ResolveInRoot };
        var bytes = new byte[System.Text.Encoding.UTF8.GetMaxByteCount(path.Length) + 1];
        System.Text.Encoding.UTF8.GetBytes(path, bytes);
        fixed (byte* text = bytes)
            return new(syscall(OpenAt2Number, root.DangerousGetHandle(), (nint)text, (nint)(&how), sizeof(OpenHow)), ownsHandle: true);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle openat(int dirfd, string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint a, nint b, nint c, nint d);
}
