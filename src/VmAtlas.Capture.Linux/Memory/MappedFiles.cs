using Microsoft.Win32.SafeHandles;
using VmAtlas.Capture.Linux.Interop;
using VmAtlas.Capture.Linux.Proc;

namespace VmAtlas.Capture.Linux.Memory;

/// <summary>Opens what the target has mapped: through <c>map_files</c>, which leads to the very file (deleted or not) but needs
/// CAP_CHECKPOINT_RESTORE; else by its path under the target's own root, if that still leads to the same inode.</summary>
/// <remarks>
/// A path is looked at (O_PATH) before it is opened, so that a device or a pipe put in a file's place is never opened, and it is resolved
/// within the target's root, so that no link leads out of it. For files whose device has major number 0 (overlayfs, btrfs) the
/// kernel shows different device numbers in maps and stat: there only the inode is compared.
/// </remarks>
sealed class MappedFiles(ProcFolder folder) : IDisposable
{
    readonly Lazy<SafeFileHandle> _root = new(() => folder.Open("root", out _, Libc.O_PATH));

    public MappedFile? TryOpen(ulong start, ulong end, ReadOnlySpan<byte> path, uint device, ulong inode)
    {
        if (inode == 0)
            return null;
        using var direct = folder.Open($"map_files/{start:x}-{end:x}", out _, Libc.O_PATH);
        if (!direct.IsInvalid && TryOpen(direct, out var facts) is { } file)
            return new MappedFile(file, facts);
        using var byPath = OpenPath(path);
        if (byPath.IsInvalid || !Statx.TryOf(byPath, out facts) || !IsSame(facts, device, inode))
            return null;
        return TryOpen(byPath, out facts) is { } again ? new MappedFile(again, facts) : null;
    }

    /// <summary>Facts of the file behind a mapping, without opening it for reading.</summary>
    public bool TryStat(ulong start, ulong end, out Statx facts)
    {
        using var direct = folder.Open($"map_files/{start:x}-{end:x}", out _, Libc.O_PATH);
        facts = default;
        return !direct.IsInvalid && Statx.TryOf(direct, out facts);
    }

    public void Dispose()
    {
        if (_root.IsValueCreated)
            _root.Value.Dispose();
    }

    SafeFileHandle OpenPath(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty || path[0] != (byte)'/' || path.Length > 4095 || _root.Value.IsInvalid)
            return new SafeFileHandle();
        Span<byte> text = stackalloc byte[4096];
        return Syscalls.OpenInRoot(_root.Value, text[..(MapsName.Unescape(path, text) + 1)], Libc.O_PATH | Libc.O_CLOEXEC);
    }

    static bool IsSame(in Statx facts, uint device, ulong inode) =>
        facts.Inode == inode && (facts.DeviceMajor == 0 || (facts.DeviceMajor << 20 | facts.DeviceMinor) == device);

    /// <summary>Opens a regular file that was looked at for reading: the same one, by its descriptor.</summary>
    static SafeFileHandle? TryOpen(SafeFileHandle seen, out Statx facts)
    {
        if (!Statx.TryOf(seen, out facts) || !facts.IsRegular)
            return null;
        var path = $"/proc/self/fd/{seen.DangerousGetHandle()}";
        var file = Libc.openat(Libc.AT_FDCWD, path, Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOCTTY | Libc.O_CLOEXEC);
        return file.IsInvalid ? null : file;
    }
}
