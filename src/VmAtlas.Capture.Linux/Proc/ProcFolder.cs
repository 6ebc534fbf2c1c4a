using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VmAtlas.Capture.Linux.Interop;

namespace VmAtlas.Capture.Linux.Proc;

/// <summary>An open <c>/proc/PID</c> (or <c>/proc/PID/task/TID</c>): it stays this process's, also when the number is given to
/// another one later; what is then opened in it fails with ESRCH.</summary>
sealed class ProcFolder : IDisposable
{
    readonly SafeFileHandle _folder;

    ProcFolder(SafeFileHandle folder) => _folder = folder;

    /// <summary>Null when there is no such folder, or none that may be seen (hidepid).</summary>
    public static ProcFolder? TryOpen(string path)
    {
        var folder = Libc.openat(Libc.AT_FDCWD, path, Libc.O_PATH | Libc.O_CLOEXEC);
        return folder.IsInvalid ? null : new ProcFolder(folder);
    }

    /// <summary>A path that leads into the folder as long as it is open, for calls that take paths.</summary>
    public string Path => $"/proc/self/fd/{_folder.DangerousGetHandle()}";

    /// <summary>Opens a file of the folder; an invalid handle and its errno when that fails.</summary>
    public SafeFileHandle Open(string name, out int errno, int flags = Libc.O_RDONLY)
    {
        var file = Libc.openat((int)_folder.DangerousGetHandle(), name, flags | Libc.O_CLOEXEC | Libc.O_NOCTTY);
        errno = file.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
        return file;
    }

    /// <summary>Reads a small file whole, at most <paramref name="limit"/> bytes of it; null and an errno when that fails.</summary>
    public byte[]? TryRead(string name, out int errno, int limit = 1 << 20)
    {
        using var file = Open(name, out errno);
        return file.IsInvalid ? null : ReadAll(file, limit, out errno);
    }

    /// <summary>Reads a small text file whole; null when that fails. Bytes that are not UTF-8 are replaced.</summary>
    public string? TryReadText(string name) => TryRead(name, out _) is { } bytes ? System.Text.Encoding.UTF8.GetString(bytes) : null;

    /// <summary>Reads a tiny file whole, without allocating: what fits of it, or nothing when that fails.</summary>
    /// <param name="name">Ends with a zero byte.</param>
    public unsafe int ReadTiny(ReadOnlySpan<byte> name, Span<byte> into)
    {
        fixed (byte* path = name, target = into)
        {
            var file = Libc.openat_bare((int)_folder.DangerousGetHandle(), path, Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NOCTTY);
            if (file < 0)
                return 0;
            var got = Libc.read_bare(file, target, (nuint)into.Length);
            _ = Libc.close_bare(file);
            return (int)Math.Max(0, got);
        }
    }

    public void Dispose() => _folder.Dispose();

    static unsafe byte[]? ReadAll(SafeFileHandle file, int limit, out int errno)
    {
        var buffer = new byte[Math.Min(limit, 4096)];
        var length = 0;
        errno = 0;
        while (length < limit)
        {
            if (length == buffer.Length)
                Array.Resize(ref buffer, Math.Min(limit, buffer.Length * 2));
            nint got;
            fixed (byte* into = &buffer[length])
                got = Libc.read(file, into, (nuint)(buffer.Length - length));
            if (got < 0 && (errno = Marshal.GetLastPInvokeError()) != Libc.EINTR)
                return null;
            if (got == 0)
                break;
            length += (int)Math.Max(0, got);
        }
        errno = 0;
        return buffer.AsSpan(0, length).ToArray();
    }
}
