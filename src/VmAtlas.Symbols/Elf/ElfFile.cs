using VmAtlas.Model;
using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Symbols.Elf;

/// <summary>What the headers of one ELF object say (elf(5)), 32 or 64 bit, little-endian. Addresses are the object's own: a load bias is added
/// where it is mapped.</summary>
/// <remarks>Nothing in the file is believed: every count and length is bounded, and what does not fit is left out, or refused in a sentence.</remarks>
public sealed class ElfFile
{
    /// <summary>Program headers taken at most: the largest real objects have some twenty.</summary>
    public const int MaxSegments = 128;

    /// <summary>Section headers looked at; linked objects have some forty.</summary>
    public const int MaxSections = 4096;

    /// <summary>Bytes of the table of section names, and of one name that are kept.</summary>
    public const int MaxNames = 1 << 20, MaxName = 64;

    const uint Load = 1, Note = 4, GnuRelro = 0x6474e552, NoteSection = 7;

    readonly IFileBytes _bytes;
    readonly ElfLayout _layout;
    ElfSection[]? _mapped;

    ElfFile(IFileBytes bytes, ElfLayout layout, ElfHeader header, bool wantSections)
    {
        (_bytes, _layout, Machine) = (bytes, layout, header.Machine);
        var all = ReadSegments(header);
        Segments = [.. all.Where(s => s.Kind == Load && !s.Memory.IsEmpty).OrderBy(s => s.Memory.Start.Value)];
        Relro = all.FirstOrDefault(s => s.Kind == GnuRelro)?.Memory ?? default;
        HeaderSize = header.SegmentsAt == (ulong)layout.HeaderSize ? header.SegmentsAt + (ulong)(all.Count * layout.SegmentSize) : 0;
        AllSections = wantSections ? ReadSections(header) : [];
        BuildId = ElfNotes.BuildId(bytes, all.Where(s => s.Kind == Note).Select(s => (s.Offset, s.FileSize))
            .Concat(AllSections.Where(s => s.Kind == NoteSection).Select(s => (s.Offset, s.Size))));
    }

    public bool Is64 => _layout.Is64;

    /// <summary>e_machine: 62 is x86-64, 183 AArch64.</summary>
    public ushort Machine { get; }

    /// <summary>PT_LOAD segments, ascending by address, none with an overflow in it. Empty in a file that is only for debuggers.</summary>
    public IReadOnlyList<ElfSegment> Segments { get; }

    /// <summary>PT_GNU_RELRO: written while the object is relocated, read-only from then on. Empty where there is none.</summary>
    public AddressRange Relro { get; }

    /// <summary>Size of the file header and of the program headers behind it; 0 when they do not lie behind it.</summary>
    public ulong HeaderSize { get; }

    /// <summary>NT_GNU_BUILD_ID in hexadecimal; null where there is none.</summary>
    public string? BuildId { get; }

    /// <summary>All sections in the order of their numbers, so that sh_link can be followed; one that makes no sense has no bytes.</summary>
    public IReadOnlyList<ElfSection> AllSections { get; }

    /// <summary>Sections that lie in memory, ascending; empty when they were not asked for, not readable, or stripped.</summary>
    public IReadOnlyList<ElfSection> Sections => _mapped ??=
    [
        .. AllSections.Where(s => s.Size > 0 && s.TakesMemory && Segments.Any(l => l.Memory.Contains(s.Range))).OrderBy(s => s.Range.Start.Value),
    ];

    /// <summary>From the first to the end of the last segment; there must be one.</summary>
    public AddressRange Span => new(Segments[0].Memory.Start, Segments[^1].Memory.End);

    /// <summary>Bytes of the file.</summary>
    public long Length => _bytes.Length;

    internal ElfLayout Layout => _layout;

    /// <summary>Whether bytes begin like an ELF object that can be read: 32 or 64 bit, little-endian.</summary>
    public static bool IsElf(ReadOnlySpan<byte> start) => start.Length >= 6 && start.StartsWith("\x7f"u8) && start[1..].StartsWith("ELF"u8)
        && start[4] is 1 or 2 && start[5] == 1;

    /// <summary>An object that is mapped: one with segments. Null when the bytes are none, or do not make sense.</summary>
    public static ElfFile? TryReadMapped(IFileBytes bytes, bool wantSections) =>
        TryRead(bytes, out _, wantSections) is { Segments.Count: > 0 } elf ? elf : null;

    /// <summary>The object, or null and a clause that says why not.</summary>
    /// <param name="wantSections">Whether their headers are read too; without them neither symbols nor debug information are found.</param>
    public static ElfFile? TryRead(IFileBytes bytes, out string? reason, bool wantSections = true)
    {
        Span<byte> head = stackalloc byte[64];
        head = head[..bytes.Read(0, head)];
        reason = head.Length < 6 || head[0] != 0x7f || !head[1..].StartsWith("ELF"u8) ? "is no ELF object"
            : head[5] == 2 ? "is a big-endian ELF object, which is not supported"
            : !IsElf(head) || head.Length < new ElfLayout(head[4] == 2).HeaderSize ? "has a damaged ELF header"
            : null;
        if (reason is not null)
            return null;
        var layout = new ElfLayout(head[4] == 2);
        return new ElfFile(bytes, layout, layout.Header(head), wantSections);
    }

    /// <summary>The section so named that has bytes in this file; null when there is none.</summary>
    public ElfSection? Find(string name) => AllSections.FirstOrDefault(s => s.HasBytes && s.Name == name);

    /// <summary>The object's own address of a byte of the file, as a mapping at that offset has it; null when no segment has it.</summary>
    public ulong? AddressOf(ulong fileOffset)
    {
        foreach (var segment in Segments)
        {
            if (fileOffset >= segment.Offset && fileOffset - segment.Offset < segment.FileSize)
                return segment.Memory.Start.Value + (fileOffset - segment.Offset);
        }
        return null;
    }

    /// <summary>The function or data object that holds an address, by this file alone; null between symbols. Reads the whole table: for many addresses
    /// use <see cref="ModuleSymbols"/>.</summary>
    public SymbolHit? SymbolAt(ulong address)
    {
        var tables = new ModuleTables([this], WorkBudget.ForFile(Length));
        return tables.Find(address, functions: true) ?? tables.Find(address, functions: false);
    }

    /// <summary>A section's bytes, decompressed where it is compressed.</summary>
    /// <exception cref="SymbolFormatException">It passes the end of the file, or can not be decompressed.</exception>
    internal SectionData Contents(ElfSection section) => SectionContents.Read(_bytes, _layout, section);

    List<ElfSegment> ReadSegments(ElfHeader header)
    {
        var segments = new List<ElfSegment>();
        if (header.SegmentSize != _layout.SegmentSize || header.SegmentCount is 0 or > MaxSegments)
            return segments;
        var table = new byte[header.SegmentCount * _layout.SegmentSize];
        if (ReadAt(header.SegmentsAt, table) < table.Length)
            return segments;
        for (var at = 0; at < table.Length; at += _layout.SegmentSize)
        {
            if (_layout.Segment(table.AsSpan(at)) is { } segment)
                segments.Add(segment);
        }
        return segments;
    }

    ElfSection[] ReadSections(ElfHeader header)
    {
        if (header.SectionSize != _layout.SectionSize || header.SectionCount is 0 or > MaxSections || header.NamesIndex >= header.SectionCount)
            return [];
        var table = new byte[header.SectionCount * _layout.SectionSize];
        if (ReadAt(header.SectionsAt, table) < table.Length)
            return [];
        var strings = _layout.Section(table.AsSpan(header.NamesIndex * _layout.SectionSize), []);
        var names = new byte[Math.Min(strings?.Size ?? 0, MaxNames)];
        names = names[..(strings is null ? 0 : ReadAt(strings.Offset, names))];
        var sections = new ElfSection[header.SectionCount];
        for (var i = 0; i < sections.Length; i++)
            sections[i] = _layout.Section(table.AsSpan(i * _layout.SectionSize), names) ?? s_none;
        return sections;
    }

    static readonly ElfSection s_none = new() { Name = "", Kind = 0, Flags = 0, Range = default, Offset = 0, Link = 0 };

    int ReadAt(ulong offset, Span<byte> into) => offset > long.MaxValue ? 0 : _bytes.Read((long)offset, into);
}
