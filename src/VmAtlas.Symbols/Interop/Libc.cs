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

    /// <summary>One of the few flags that are not the same on every processor.</summary>
    public static readonly int O_NOFOLLOW = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

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

    /// <summary>Whether it is a regular file that belongs to a user: statx(2).</summary>
    public static bool IsFileOf(SafeFileHandle file, uint user)
    {
        const int emptyPath = 0x1000;
        const uint typeAndOwner = 0x1 | 0x8;
        Statx status;
        return statx(file, "", emptyPath, typeAndOwner, &status) == 0 && (status.Mode & 0xf000) == 0x8000 && status.Uid == user;
    }

    /// <summary>struct statx, the fields used.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    struct Statx
    {
        [FieldOffset(20)] public uint Uid;
        [FieldOffset(28)] public ushort Mode;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(SafeFileHandle folder, string path, int flags, uint mask, Statx* status);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle openat(int dirfd, string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint a, nint b, nint c, nint d);
}
