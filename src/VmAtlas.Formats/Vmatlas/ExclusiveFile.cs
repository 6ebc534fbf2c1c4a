using VmAtlas.Model;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>A file that one recorder at a time may write, while others read it.</summary>
/// <remarks>
/// Threads of this process are told apart by a list of open paths; processes by a lock on a byte far behind the end (fcntl, so a killed
/// recorder leaves none). The lock is advisory, and lost when this process opens and closes the same file for reading meanwhile.
/// </remarks>
sealed class ExclusiveFile : FileStream
{
    const long LockedByte = long.MaxValue - 1;

    static readonly HashSet<string> s_open = [];
    readonly string _full;
    bool _closed;

    ExclusiveFile(string path, string full)
        : base(path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        }) => _full = full;

    public static ExclusiveFile Open(string path)
    {
        var full = Path.GetFullPath(path);
        lock (s_open)
        {
            if (!s_open.Add(full))
                throw InUse(path, null);
        }
        try
        {
            var file = FileErrors.Open(path, () => new ExclusiveFile(path, full));
            file.LockOrThrow(path);
            return file;
        }
        catch
        {
            Forget(full);
            throw;
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing || _closed)
            return;
        _closed = true;
        Forget(_full);
    }

    void LockOrThrow(string path)
    {
        if (OperatingSystem.IsMacOS() || OperatingSystem.IsFreeBSD() || OperatingSystem.IsIOS() || OperatingSystem.IsTvOS())
            return;
        try
        {
            Lock(LockedByte, 1);
        }
        catch (IOException e)
        {
            base.Dispose(true);
            throw InUse(path, e);
        }
    }

    static void Forget(string full)
    {
        lock (s_open)
            s_open.Remove(full);
    }

    static VmAtlasException InUse(string path, Exception? cause) =>
        new(Failure.General, $"{path} is being written by another recording: choose another file", cause);
}
