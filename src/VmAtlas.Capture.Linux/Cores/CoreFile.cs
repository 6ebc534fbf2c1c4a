using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Cores;

/// <summary>One PT_LOAD of a core: a mapping, and as much of its memory as was written.</summary>
/// <param name="Offset">Where its bytes lie in the file.</param>
/// <param name="Saved">Bytes from its start that are there; the rest was not written.</param>
readonly record struct CoreSegment(ulong Start, ulong End, Protection Access, ulong Offset, ulong Saved);

/// <summary>A core dump of a 64-bit process as its ELF headers describe it (elf(5), core(5)). Nothing in it is believed: counts and lengths are bounded
/// by the file, and what does not fit is left out or refused.</summary>
sealed class CoreFile : IDisposable
{
    const ushort TypeCore = 4, ExtendedCount = 0xffff;
    const uint Load = 1, Note = 4;
    const int HeaderBytes = 64, EntryBytes = 56;

    /// <summary>More than vm.max_map_count is ever set to in practice; a core of half a million mappings has 28 MB of headers.</summary>
    const int MostSegments = 1 << 22;

    /// <summary>NT_FILE has one path a mapping; more is cut off.</summary>
    const long MostNoteBytes = 256 << 20;

    readonly SafeFileHandle _file;

    CoreFile(SafeFileHandle file, string path, ushort machine) => (_file, Path, Machine, Length) = (file, path, machine, RandomAccess.GetLength(file));

    public string Path { get; }

    /// <summary>e_machine: 62 for x86-64, 183 for arm64.</summary>
    public ushort Machine { get; }

    public long Length { get; }

    /// <summary>Ascending, without overlaps.</summary>
    public IReadOnlyList<CoreSegment> Segments { get; private set; } = [];

    public byte[] Notes { get; private set; } = [];

    /// <summary>Bytes the headers promise that the file, cut off, does not have.</summary>
    public ulong Missing { get; private set; }

    /// <summary>Whether a file begins as a core does.</summary>
    public static bool IsCore(ReadOnlySpan<byte> start) =>
        start.Length >= 18 && start.StartsWith("\u007fELF"u8) && BinaryPrimitives.ReadUInt16LittleEndian(start[16..]) == TypeCore;

    /// <exception cref="VmAtlasException"><see cref="Failure.BadFile"/>: damaged, or of a kind that is not read.</exception>
    public static CoreFile Open(string path)
    {
        var file = File.OpenHandle(path);
        try
        {
            var header = new byte[HeaderBytes];
            if (RandomAccess.Read(file, header, 0) < HeaderBytes || !IsCore(header))
                throw Bad(path, "it does not begin as one");
            if (header[4] != 2 || header[5] != 1)
                throw Bad(path, "only those of 64-bit little-endian processes are read");
            var core = new CoreFile(file, path, U16(header, 18));
            core.ReadHeaders(header);
            return core;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Copies memory that was saved; less than asked, or 0, where it was not.</summary>
    public int Read(ulong address, Span<byte> into)
    {
        var done = 0;
        for (var i = IndexOf(address); done < into.Length && i < Segments.Count && Segments[i].Start <= address; i++)
        {
            var segment = Segments[i];
            var left = segment.Start + segment.Saved;
            if (address >= left)
                break;
            var length = (int)Math.Min((ulong)(into.Length - done), left - address);
            var got = RandomAccess.Read(_file, into.Slice(done, length), (long)(segment.Offset + (address - segment.Start)));
            done += got;
            address += (ulong)got;
            if (got < length)
                break;
        }
        return done;
    }

    public void Dispose() => _file.Dispose();

    /// <summary>The first segment that ends behind an address.</summary>
    int IndexOf(ulong address)
    {
        var (low, high) = (0, Segments.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Segments[middle].End <= address)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    void ReadHeaders(ReadOnlySpan<byte> header)
    {
        var (offset, size, count) = (U64(header, 32), U16(header, 54), (long)U16(header, 56));
        if (count == ExtendedCount)
            count = ReadExtendedCount(U64(header, 40));
        if (size != EntryBytes || count > MostSegments || offset > (ulong)Length || (ulong)count * EntryBytes > (ulong)Length - offset)
            throw Bad(Path, "its table of segments does not lie within it");
        var table = new byte[count * EntryBytes];
        _ = RandomAccess.Read(_file, table, (long)offset);
        var segments = new List<CoreSegment>();
        for (var at = 0; at < table.Length; at += EntryBytes)
        {
            var entry = table.AsSpan(at, EntryBytes);
            if (U32(entry, 0) == Load)
                Add(segments, entry);
            else if (U32(entry, 0) == Note && Notes.Length == 0)
                Notes = ReadNotes(U64(entry, 8), U64(entry, 32));
        }
        segments.Sort((a, b) => a.Start.CompareTo(b.Start));
        Segments = WithoutOverlaps(segments);
        if (Segments.Count == 0)
            throw Bad(Path, "it has no memory in it");
    }

    /// <summary>PN_XNUM: with more segments than fit the header, their number is in the first section header (sh_info).</summary>
    long ReadExtendedCount(ulong sections)
    {
        var section = new byte[64];
        if (sections == 0 || sections > (ulong)Length || RandomAccess.Read(_file, section, (long)sections) < section.Length)
            throw Bad(Path, "the number of its segments is not in it");
        return U32(section, 44);
    }

    void Add(List<CoreSegment> segments, ReadOnlySpan<byte> entry)
    {
        var (start, offset, saved, size, flags) = (U64(entry, 16), U64(entry, 8), U64(entry, 32), U64(entry, 40), U32(entry, 4));
        if (size == 0 || start > ulong.MaxValue - size)
            return;
        var there = offset >= (ulong)Length ? 0 : Math.Min(Math.Min(saved, size), (ulong)Length - offset);
        Missing += Math.Min(saved, size) - there;
        var access = ((flags & 4) != 0 ? Protection.Read : 0) | ((flags & 2) != 0 ? Protection.Write : 0) | ((flags & 1) != 0 ? Protection.Execute : 0);
        segments.Add(new CoreSegment(start, start + size, access, offset, there));
    }

    static List<CoreSegment> WithoutOverlaps(List<CoreSegment> sorted)
    {
        var (kept, end) = (new List<CoreSegment>(sorted.Count), 0UL);
        foreach (var segment in sorted)
        {
            if (segment.Start < end)
                continue; // no address space has two mappings at one address: the first one stands
            kept.Add(segment);
            end = segment.End;
        }
        return kept;
    }

    byte[] ReadNotes(ulong offset, ulong size)
    {
        if (offset > (ulong)Length)
            return [];
        var notes = new byte[Math.Min(Math.Min(size, (ulong)Length - offset), MostNoteBytes)];
        return notes[..RandomAccess.Read(_file, notes, (long)offset)];
    }

    static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    static VmAtlasException Bad(string path, string why) => new(Failure.BadFile, $"{path} is no core dump that can be read: {why}");
}
