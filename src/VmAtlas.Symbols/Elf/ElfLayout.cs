using System.Buffers.Binary;
using VmAtlas.Model;

namespace VmAtlas.Symbols.Elf;

/// <summary>Where the fields lie in 32-bit and 64-bit objects, little-endian: Elf32_* and Elf64_* of <c>elf.h</c>.</summary>
readonly record struct ElfLayout(bool Is64)
{
    /// <summary>Far below the end of the numbers, so that rounding to pages and adding a bias can not overflow either.</summary>
    const ulong Limit = 1UL << 56;

    public int HeaderSize => Is64 ? 64 : 52;

    public int SegmentSize => Is64 ? 56 : 32;

    public int SectionSize => Is64 ? 64 : 40;

    public int SymbolSize => Is64 ? 24 : 16;

    public ElfHeader Header(ReadOnlySpan<byte> bytes)
    {
        var counts = bytes[(Is64 ? 54 : 42)..];
        return new ElfHeader(
            Half(bytes, 16), Half(bytes, 18), Word(bytes, 28, 32), Half(counts, 0), Half(counts, 2), Word(bytes, 32, 40), Half(counts, 4), Half(counts, 6), Half(counts, 8));
    }

    /// <summary>A program header; null when its memory or its bytes in the file would pass the end of the numbers.</summary>
    public ElfSegment? Segment(ReadOnlySpan<byte> bytes)
    {
        var flags = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(Is64 ? 4 : 24)..]);
        var (offset, address) = (Word(bytes, 4, 8), Word(bytes, 8, 16));
        var (fileSize, memorySize) = (Word(bytes, 16, 32), Word(bytes, 20, 40));
        if (address > Limit || memorySize > Limit || offset > Limit || fileSize > Limit)
            return null;
        var access = ((flags & 4) != 0 ? Protection.Read : 0) | ((flags & 2) != 0 ? Protection.Write : 0) | ((flags & 1) != 0 ? Protection.Execute : 0);
        return new ElfSegment(BinaryPrimitives.ReadUInt32LittleEndian(bytes), offset, fileSize, AddressRange.Of(address, address + memorySize), access);
    }

    /// <summary>A section header; null when its memory would pass the end of the numbers.</summary>
    public ElfSection? Section(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> names)
    {
        var (address, size) = (Word(bytes, 12, 16), Word(bytes, 20, 32));
        if (address > Limit || size > Limit)
            return null;
        return new ElfSection
        {
            Name = NameAt(names, BinaryPrimitives.ReadUInt32LittleEndian(bytes)),
            Kind = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
            Flags = Word(bytes, 8, 8),
            Range = AddressRange.Of(address, address + size),
            Offset = Word(bytes, 16, 24),
            Link = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(Is64 ? 40 : 24)..]),
        };
    }

    public ElfSymbol Symbol(ReadOnlySpan<byte> bytes) => Is64
        ? new ElfSymbol(BinaryPrimitives.ReadUInt32LittleEndian(bytes), bytes[4], Half(bytes, 6), Word(bytes, 0, 8), Word(bytes, 0, 16))
        : new ElfSymbol(BinaryPrimitives.ReadUInt32LittleEndian(bytes), bytes[12], Half(bytes, 14), Word(bytes, 4, 0), Word(bytes, 8, 0));

    public ulong Word(ReadOnlySpan<byte> bytes, int at32, int at64) =>
        Is64 ? BinaryPrimitives.ReadUInt64LittleEndian(bytes[at64..]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[at32..]);

    static ushort Half(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    static string NameAt(ReadOnlySpan<byte> names, uint at)
    {
        if (at >= names.Length)
            return "";
        names = names[(int)at..];
        var end = names.IndexOf((byte)0);
        return System.Text.Encoding.Latin1.GetString(names[..Math.Min(end < 0 ? names.Length : end, ElfFile.MaxName)]);
    }
}

/// <summary>What a reader needs of the file header.</summary>
readonly record struct ElfHeader(ushort Type, ushort Machine,
    ulong SegmentsAt, ushort SegmentSize, ushort SegmentCount, ulong SectionsAt, ushort SectionSize, ushort SectionCount, ushort NamesIndex);

/// <summary>One row of a symbol table: st_name, st_info, st_shndx, st_value, st_size.</summary>
readonly record struct ElfSymbol(uint Name, byte Info, ushort Section, ulong Value, ulong Size);
