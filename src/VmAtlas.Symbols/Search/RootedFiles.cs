using VmAtlas.Symbols.Bytes;
using VmAtlas.Symbols.Interop;

namespace VmAtlas.Symbols.Search;

/// <summary>Opens files below a root that is not ours.</summary>
sealed class RootedFiles : IDisposable
{
    /// <summary>Without O_NONBLOCK the opening of a pipe would wait for someone to write to it.</summary>
    const int Flags = Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NOCTTY | Libc.O_NONBLOCK;

    readonly Microsoft.Win32.SafeHandles.SafeFileHandle? _root;

    /// <param name="root">Null for our own.</param>
    public RootedFiles(string? root) => _root = root is null or "/" ? null : Libc.Open(root, Libc.O_PATH | Libc.O_CLOEXEC);

    /// <summary>Null when there is no such file, or it may not be read.</summary>
    public IFileBytes? TryOpen(string path)
    {
        if (path.Length == 0 || path.Contains('\0') || _root is { IsInvalid: true })
            return null;
        return OpenedFile.TryTake(_root is null ? Libc.Open(path, Flags) : Libc.OpenInRoot(_root, path, Flags));
    }

    public void Dispose() => _root?.Dispose();
}
