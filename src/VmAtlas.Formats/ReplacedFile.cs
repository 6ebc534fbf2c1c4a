using VmAtlas.Model;

namespace VmAtlas.Formats;

/// <summary>A file written beside its place and moved there when it is whole: whoever reads the place sees the old one or the new one.</summary>
public sealed class ReplacedFile : IDisposable
{
    readonly string _path, _temporary;

    public ReplacedFile(string path)
    {
        _path = path;
        _temporary = $"{path}.{Path.GetRandomFileName()}.part";
        // CreateNew follows no link: in a folder that others may write to, they must not choose what is overwritten.
        // No buffer: nothing is left to fail when a full disk was told already.
        Stream = FileErrors.Open(path, () => new FileStream(_temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0));
    }

    /// <summary>Not buffered: write to it in large pieces.</summary>
    public FileStream Stream { get; }

    /// <summary>Takes the place. Without it the file that was there stays.</summary>
    public void Commit()
    {
        FileErrors.Open(_path, () =>
        {
            // Only what is on the disk may take the place of what was there.
            Stream.Flush(flushToDisk: true);
            Stream.Dispose();
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
