namespace VmAtlas.Capture.Linux.Cores;

/// <summary>Where the memory of a core lies: in the core, and what it left out of mapped files in those files.</summary>
/// <remarks>Evidence that a file is still the one that was mapped: it was not written to after the core was. Wrong
/// for a file that was replaced by an older one.</remarks>
static class CoreMemory
{
    /// <summary>Files that are asked for.</summary>
    const int MostFiles = 4096;

    public static List<SavedPiece> PiecesOf(CoreFile core, CoreNotes notes)
    {
        var (pieces, whole) = (new List<SavedPiece>(core.Segments.Count), Path.GetFullPath(core.Path));
        foreach (var segment in core.Segments)
        {
            if (segment.Saved > 0)
                pieces.Add(new SavedPiece(segment.Start, segment.Saved, segment.Offset, whole));
        }
        var (saved, unchanged, writtenAt) = (pieces.Count, new Dictionary<int, string?>(), File.GetLastWriteTimeUtc(core.Path));
        foreach (var mapping in notes.MappedFiles)
        {
            if (!unchanged.TryGetValue(mapping.Path, out var path) && unchanged.Count < MostFiles)
                unchanged.Add(mapping.Path, path = UnchangedFile(notes.Paths[mapping.Path], writtenAt));
            if (path is not null && mapping.End > mapping.Start)
                AddGaps(pieces, saved, mapping, path);
        }
        pieces.Sort(static (a, b) => a.Start.CompareTo(b.Start));
        return pieces;
    }

    /// <summary>What of a mapping the core itself does not have.</summary>
    static void AddGaps(List<SavedPiece> pieces, int saved, CoreMappedFile mapping, string path)
    {
        var at = mapping.Start;
        for (var i = FirstBehind(pieces, saved, at); i < saved && pieces[i].Start < mapping.End; i++)
        {
            Add(pieces[i].Start);
            at = Math.Max(at, pieces[i].End);
        }
        Add(mapping.End);

        void Add(ulong end)
        {
            if (end > at)
                pieces.Add(new SavedPiece(at, end - at, unchecked(mapping.Offset + (at - mapping.Start)), path));
        }
    }

    /// <summary>The first of the core's own pieces that ends behind an address.</summary>
    static int FirstBehind(List<SavedPiece> pieces, int saved, ulong address)
    {
        var (low, high) = (0, saved);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (pieces[middle].End <= address)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    static string? UnchangedFile(byte[] name, DateTime writtenAt)
    {
        var path = System.Text.Encoding.UTF8.GetString(name);
        return Path.IsPathFullyQualified(path) && File.Exists(path) && File.GetLastWriteTimeUtc(path) <= writtenAt ? path : null;
    }
}
