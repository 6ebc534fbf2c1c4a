using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;

namespace VmAtlas.Formats.Import;

/// <summary>Opens whatever file holds snapshots: ours, and VMMap's. What it is, its first bytes say, not its name.</summary>
public static class Importer
{
    /// <summary>The endings a person would give such files, for completion and messages.</summary>
    public static readonly string[] Extensions = [TimelineFile.Extension, ".csv", ".mmp"];

    /// <exception cref="VmAtlasException">No such file, not permitted, none of these formats, damaged, or from a newer version.</exception>
    public static Timeline Open(string path, ReaderLimits? limits = null)
    {
        limits ??= ReaderLimits.Default;
        Span<byte> start = stackalloc byte[FileHead.Magic.Length];
        using (var stream = FileErrors.Open(path, () => File.OpenRead(path)))
            start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        if (start.StartsWith(FileHead.Magic[..1]))
            return TimelineFile.Open(path, limits);
        return Timeline.Of(Read(path, LooksLikeXml(start), limits));
    }

    static List<Snapshot> Read(string path, bool xml, ReaderLimits limits)
    {
        using var stream = FileErrors.Open(path, () => File.OpenRead(path));
        var takenAt = new DateTimeOffset(File.GetLastWriteTimeUtc(path));
        try
        {
            if (xml)
                return MmpImport.Read(stream, takenAt, limits);
            using var text = new StreamReader(stream);
            return [VmmapCsvImport.Read(text, takenAt, limits)];
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new VmAtlasException(Failure.BadFile, $"{path} can not be imported: {e.Message}", e);
        }
    }

    /// <summary>A '&lt;' behind a byte order mark and blanks, in UTF-8 or UTF-16.</summary>
    static bool LooksLikeXml(ReadOnlySpan<byte> start)
    {
        foreach (var b in start)
        {
            if (b == '<')
                return true;
            if (b is not (0xEF or 0xBB or 0xBF or 0xFE or 0xFF or 0 or (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
                return false;
        }
        return false;
    }
}
