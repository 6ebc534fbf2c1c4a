using System.Buffers.Binary;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Elf;

/// <summary>Copies bytes of a file, or of its image in memory, from an offset on; returns how many, less than asked where there are no more.</summary>
delegate int BytesAt(ulong offset, Span<byte> into);

/// <summary>Reads the headers of ELF objects, little-endian, 32 and 64 bit. Nothing in them is believed: every count and length is
/// bounded, and what does not fit makes the object, or the part, not readable.</summary>
static class ElfReader
{
    /// <summary>Program headers taken at most: the largest real objects have some twenty.</summary>
    public const int MaxSegments = 128;

    /// <summary>Section headers looked at; one object file a function can have thousands, what is mapped has some forty.</summary>
    public const int MaxSections = 1024;

    /// <summary>Bytes of the table of section names.</summary>
    public const int MaxNames = 1 << 16;

    /// <summary>Bytes of one name that are kept.</summary>
    public const int MaxName = 64;

    /// <summary>Bytes of all notes looked at, and of a build id.</summary>
    const int MaxNotes = 4096, MaxBuildId = 64;

    const uint Load = 1, Note = 4, GnuRelro = 0x6474e552;

    /// <summary>Whether bytes begin like an ELF object of this kind.</summary>
    public static bool IsElf(ReadOnlySpan<byte> start) => start.Length >= 6 && start.StartsWith("\x7f"u8) && start[1..].StartsWith("ELF"u8)
        && start[4] is 1 or 2 && start[5] == 1;

    /// <summary>The object, or null when the bytes are none or do not make sense.</summary>
    public static ElfObject? TryRead(BytesAt bytes, bool wantSections)
    {
        Span<byte> head = stackalloc byte[64];
        var got = bytes(0, head);
        if (!IsElf(head[..got]) || got < (head[4] == 2 ? 64 : 52))
            return null;
        var layout = new ElfLayout(head[4] == 2);
        var header = layout.Header(head);
        if (header.SegmentSize != layout.SegmentSize || header.SegmentCount is 0 or > MaxSegments)
            return null;
        var table = new byte[header.SegmentCount * layout.SegmentSize];
        if (bytes(header.SegmentsAt, table) < table.Length)
            return null;
        var loads = SegmentsOf(layout, table, Load).Where(s => !s.Memory.IsEmpty).OrderBy(s => s.Memory.Start.Value).ToArray();
        if (loads.Length == 0)
            return null;
        var headers = header.SegmentsAt == (ulong)layout.HeaderSize ? header.SegmentsAt + (ulong)table.Length : 0;
        return new ElfObject
        {
            Is64 = layout.Is64,
            Segments = loads,
            Relro = SegmentsOf(layout, table, GnuRelro).FirstOrDefault()?.Memory ?? default,
            HeaderSize = headers,
            BuildId = ReadBuildId(bytes, SegmentsOf(layout, table, Note)),
            Sections = wantSections ? ReadSections(bytes, layout, header, loads) : [],
        };
    }

    /// <summary>The program headers of a kind that make sense, in the order of the table.</summary>
    static IEnumerable<ElfSegment> SegmentsOf(ElfLayout layout, byte[] table, uint kind)
    {
        for (var at = 0; at < table.Length; at += layout.SegmentSize)
        {
            if (ElfLayout.SegmentKind(table.AsSpan(at)) == kind && layout.Segment(table.AsSpan(at)) is { } segment)
                yield return segment;
        }
    }

    /// <summary>Notes are { name size, descriptor size, type, name, descriptor }, both padded to 4 bytes; the build id is of "GNU", type 3.</summary>
    static string? ReadBuildId(BytesAt bytes, IEnumerable<ElfSegment> segments)
    {
        var buffer = new byte[MaxNotes];
        foreach (var segment in segments)
        {
            var length = bytes(segment.Offset, buffer.AsSpan(0, (int)Math.Min(segment.FileSize, MaxNotes)));
            for (var notes = buffer.AsSpan(0, length); notes.Length > 12;)
            {
                var nameSize = BinaryPrimitives.ReadUInt32LittleEndian(notes);
                var size = BinaryPrimitives.ReadUInt32LittleEndian(notes[4..]);
                if (nameSize > MaxNotes || size > MaxNotes)
                    break;
                var (at, end) = (12 + (int)(nameSize + 3 & ~3u), 12 + (int)(nameSize + 3 & ~3u) + (int)(size + 3 & ~3u));
                if (at + size > notes.Length)
                    break;
                if (notes[8] == 3 && notes[12..].StartsWith("GNU\0"u8) && size is > 0 and <= MaxBuildId)
                    return Convert.ToHexStringLower(notes.Slice(at, (int)size));
                notes = notes[Math.Min(end, notes.Length)..];
            }
        }
        return null;
    }

    static ElfSection[] ReadSections(BytesAt bytes, ElfLayout layout, ElfHeader header, ElfSegment[] loads)
    {
        if (header.SectionSize != layout.SectionSize || header.SectionCount is 0 or > MaxSections || header.NamesIndex >= header.SectionCount)
            return [];
        var table = new byte[header.SectionCount * layout.SectionSize];
        if (bytes(header.SectionsAt, table) < table.Length)
            return [];
        var (_, _, namesAt, namesSize) = layout.Section(table.AsSpan(header.NamesIndex * layout.SectionSize));
        var names = new byte[(int)Math.Min(namesSize, MaxNames)];
        var length = bytes(namesAt, names);
        var sections = new List<ElfSection>();
        for (var i = 1; i < header.SectionCount; i++)
        {
            var entry = table.AsSpan(i * layout.SectionSize);
            var (name, start, _, size) = layout.Section(entry);
            if (size == 0 || size > ulong.MaxValue - start || !layout.TakesMemory(entry))
                continue;
            var range = AddressRange.Of(start, start + size);
            if (Array.Exists(loads, l => l.Memory.Contains(range)))
                sections.Add(new ElfSection(NameAt(names.AsSpan(0, length), name), range));
        }
        return [.. sections.OrderBy(s => s.Range.Start.Value)];
    }

    static string NameAt(ReadOnlySpan<byte> names, uint at)
    {
        if (at >= names.Length)
            return "";
        names = names[(int)at..];
        var end = names.IndexOf((byte)0);
        names = names[..Math.Min(end < 0 ? names.Length : end, MaxName)];
        return System.Text.Encoding.Latin1.GetString(names);
    }
}
