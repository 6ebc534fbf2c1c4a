using VmAtlas.Model;
using VmAtlas.Symbols.Bytes;
using VmAtlas.Symbols.Elf;

namespace VmAtlas.Capture.Linux.Cores;

/// <summary>A mapping of a core.</summary>
readonly record struct CorePiece(ulong Start, ulong End, Protection Access, CoreMappedFile? File);

/// <summary>Mappings from segments and the note of mapped files: each file's mapping is one, and what a segment has besides.</summary>
/// <remarks>The kernel writes a segment for every mapping, gdb none for files that were not changed. The access of those is what the file's own program
/// headers ask for, where they were saved with its first mapping; else reading is all that is sure.</remarks>
static class CorePieces
{
    /// <summary>Files whose headers are looked at.</summary>
    const int MostFiles = 4096;

    public static List<CorePiece> Of(IReadOnlyList<CoreSegment> segments, List<CoreMappedFile> files, MemoryRead read)
    {
        var pieces = new List<CorePiece>(segments.Count);
        var (next, end) = (0, 0UL);
        foreach (var segment in segments)
        {
            for (; next < files.Count && files[next].End <= segment.Start; next++)
                end = AddAlone(pieces, files[next], end);
            var at = Math.Max(segment.Start, end);
            for (var i = next; i < files.Count && files[i].Start < segment.End; i++)
            {
                var (start, stop) = (Math.Max(files[i].Start, at), Math.Min(files[i].End, segment.End));
                if (stop <= start)
                    continue;
                if (start > at)
                    pieces.Add(new CorePiece(at, start, segment.Access, null));
                pieces.Add(new CorePiece(start, stop, segment.Access, files[i]));
                at = stop;
            }
            if (segment.End > at)
                pieces.Add(new CorePiece(at, segment.End, segment.Access, null));
            end = segment.End;
        }
        for (; next < files.Count; next++)
            end = AddAlone(pieces, files[next], end);
        AskFiles(pieces, files, read);
        return pieces;
    }

    static ulong AddAlone(List<CorePiece> pieces, CoreMappedFile file, ulong end)
    {
        if (file.Start < end || file.End <= file.Start)
            return end;
        pieces.Add(new CorePiece(file.Start, file.End, Protection.None, file));
        return file.End;
    }

    /// <summary>Gives the mappings without a segment the access that their files' headers ask for.</summary>
    static void AskFiles(List<CorePiece> pieces, List<CoreMappedFile> files, MemoryRead read)
    {
        var headers = new Dictionary<int, ElfFile?>();
        for (var i = 0; i < pieces.Count; i++)
        {
            if (pieces[i] is not { Access: Protection.None, File: { } file } piece)
                continue;
            if (!headers.TryGetValue(file.Path, out var elf) && headers.Count < MostFiles)
                headers.Add(file.Path, elf = ReadHeaders(files, file.Path, read));
            pieces[i] = piece with { Access = AccessAt(elf, file.Offset) };
        }
    }

    static ElfFile? ReadHeaders(List<CoreMappedFile> files, int path, MemoryRead read)
    {
        var first = files.Find(f => f.Path == path && f.Offset == 0);
        return first.End > first.Start ? ElfFile.TryReadMapped(new SavedBytes(first, read), wantSections: false) : null;
    }

    static Protection AccessAt(ElfFile? elf, ulong offset)
    {
        const ulong Page = 4096;
        foreach (var segment in elf?.Segments ?? [])
        {
            if (segment.FileSize > 0 && (segment.Offset & ~(Page - 1)) <= offset && offset < segment.Offset + segment.FileSize)
                return segment.Access;
        }
        return Protection.Read;
    }

    /// <summary>The first mapping of a file in place of the file.</summary>
    sealed class SavedBytes(CoreMappedFile mapping, MemoryRead read) : IFileBytes
    {
        public long Length => (long)Math.Min(mapping.End - mapping.Start, long.MaxValue);

        public int Read(long offset, Span<byte> into) => offset < 0 || offset >= Length ? 0 : read(mapping.Start + (ulong)offset, into);

        public void Dispose()
        {
        }
    }
}

/// <summary>Copies memory that was saved, and returns how many bytes.</summary>
delegate int MemoryRead(ulong address, Span<byte> into);
