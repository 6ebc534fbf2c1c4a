using VmAtlas.Model;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>Opens and makes <c>.vmatlas</c> files. Their layout is in docs/file-format.md.</summary>
public static class TimelineFile
{
    public const string Extension = ".vmatlas";

    /// <summary>Begins a recording; a file that is there already begins anew.</summary>
    /// <exception cref="VmAtlasException">The folder is missing, writing is not permitted, or another recorder is writing the file.</exception>
    public static TimelineWriter Create(string path)
    {
        var stream = ExclusiveFile.Open(path);
        try
        {
            stream.SetLength(0);
            return new TimelineWriter(stream, path);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Writes whole timelines and single snapshots: a file that is there already is replaced in one step, when the new one is whole.</summary>
    public static void Save(string path, IEnumerable<Snapshot> snapshots)
    {
        using var file = new ReplacedFile(path);
        // The stream is the file's, which still needs it: the writer itself holds nothing to dispose of.
        var writer = new TimelineWriter(file.Stream, path);
        foreach (var snapshot in snapshots)
            writer.Append(snapshot);
        file.Commit();
    }

    public static void Save(string path, Snapshot snapshot) => Save(path, [snapshot]);

    /// <summary>Whether a file begins as one of ours does; false also for one that can not be read.</summary>
    public static bool IsOne(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var start = new byte[FileHead.Magic.Length];
            return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && FileHead.Magic.SequenceEqual(start);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <exception cref="VmAtlasException">No such file, not permitted, not a .vmatlas file, or from a newer version.</exception>
    public static TimelineReader Open(string path, ReaderLimits? limits = null)
    {
        var stream = FileErrors.Open(path, () => new FileStream(path, new FileStreamOptions
        {
            // Readers and the one writer do not hinder each other.
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 1 << 16,
        }));
        try
        {
            return new TimelineReader(stream, path, limits ?? ReaderLimits.Default);
        }
        catch (Exception e)
        {
            stream.Dispose();
            if (e is VmAtlasException { Failure: Failure.BadFile } bad)
                throw new VmAtlasException(Failure.BadFile, $"{path}: {bad.Message}", bad);
            throw;
        }
    }
}
