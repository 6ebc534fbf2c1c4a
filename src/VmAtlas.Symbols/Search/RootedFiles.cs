using Microsoft.Win32.SafeHandles;
using VmAtlas.Symbols.Bytes;
using VmAtlas.Symbols.Interop;

namespace VmAtlas.Symbols.Search;

/// <summary>Opens files below a root that is not ours.</summary>
sealed class RootedFiles : IDisposable
{
    /// <summary>Without O_NONBLOCK the opening of a pipe would wait for someone to write to it.</summary>
    const int Flags = Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NOCTTY | Libc.O_NONBLOCK;

    readonly SafeFileHandle? _root;

    /// <param name="root">Null for our own.</param>
    public RootedFiles(string? root) => _root = root is null or "/" ? null : Libc.Open(root, Libc.O_PATH | Libc.O_CLOEXEC);

    /// <summary>Null when there is no such file, or it may not be read.</summary>
    public IFileBytes? TryOpen(string path) => Open(path, Flags) is { } handle ? OpenedFile.TryTake(handle) : null;

    /// <summary>The same where it has to be a file of a certain user, and no link to one.</summary>
    public IFileBytes? TryOpenOwned(string path, uint user)
    {
        if (Open(path, Flags | Libc.O_NOFOLLOW) is not { } handle)
            return null;
        if (!handle.IsInvalid && Libc.IsFileOf(handle, user))
            return OpenedFile.TryTake(handle);
        handle.Dispose();
        return null;
    }

    SafeFileHandle? Open(string path, int flags)
    {
        if (path.Length == 0 || path.Contains('\0') || _root is { IsInvalid: true })
            return null;
        return _root is null ? Libc.Open(path, flags) : Libc.OpenInRoot(_root, path, flags);
    }

    public void Dispose() => _root?.Dispose();
}
