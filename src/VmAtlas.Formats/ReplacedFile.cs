using VmAtlas.Model;

namespace VmAtlas.Formats;

/// <summary>A file written beside its place and moved there when it is whole: whoever reads the place sees the old one or the new one.</summary>
public sealed class ReplacedFile : IDisposable
{
    readonly string _path, _temporary;

    public ReplacedFile(string path)
    {
        _path = path;
        _temporary = $"{path}.{Environment.ProcessId}.part";
        Stream = FileErrors.Open(path, () => new FileStream(_temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.Read));
    }

    public FileStream Stream { get; }

    /// <summary>Takes the place. Without it the file that was there stays.</summary>
    public void Commit()
    {
        Stream.Dispose();
        FileErrors.Open(_path, () =>
        {
            File.Move(_temporary, _path, overwrite: true);
            return true;
        });
    }

    public void Dispose()
    {
        Stream.Dispose();
        File.Delete(_temporary);
    }
}
