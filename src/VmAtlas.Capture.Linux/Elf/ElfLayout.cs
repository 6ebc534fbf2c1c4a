using System.Buffers.Binary;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Elf;

/// <summary>What a reader needs of the file header.</summary>
readonly record struct ElfHeader(
    ulong SegmentsAt, ushort SegmentSize, ushort SegmentCount, ulong SectionsAt, ushort SectionSize, ushort SectionCount, ushort NamesIndex);

/// <summary>Where the fields lie in 32-bit and 64-bit objects: Elf32_* and Elf64_* of <c>elf.h</c>.</summary>
readonly record struct ElfLayout(bool Is64)
{
    const uint NoBits = 8;
    const ulong Alloc = 2, Tls = 0x400;

    public int HeaderSize => Is64 ? 64 : 52;

    public int SegmentSize => Is64 ? 56 : 32;

    public int SectionSize => Is64 ? 64 : 40;

    public ElfHeader Header(ReadOnlySpan<byte> bytes)
    {
        var counts = bytes[(Is64 ? 54 : 42)..];
        return new ElfHeader(Word(bytes, 28, 32), Half(counts, 0), Half(counts, 2), Word(bytes, 32, 40), Half(counts, 4), Half(counts, 6), Half(counts, 8));
    }

    /// <summary>p_type of a program header.</summary>
    public static uint SegmentKind(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    /// <summary>A program header; null when its memory or its bytes in the file would pass the end of the numbers.</summary>
    public ElfSegment? Segment(ReadOnlySpan<byte> bytes)
    {
        var flags = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(Is64 ? 4 : 24)..]);
        var (offset, address) = (Word(bytes, 4, 8), Word(bytes, 8, 16));
        var (fileSize, memorySize) = (Word(bytes, 16, 32), Word(bytes, 20, 40));
        // Far below the end of the numbers, so that rounding to pages and adding a bias can not overflow either.
        const ulong Limit = 1UL << 56;
        if (address > Limit || memorySize > Limit || offset > Limit || fileSize > Limit)
            return null;
        var access = ((flags & 4) != 0 ? Protection.Read : 0) | ((flags & 2) != 0 ? Protection.Write : 0) | ((flags & 1) != 0 ? Protection.Execute : 0);
        return new ElfSegment(offset, fileSize, AddressRange.Of(address, address + memorySize), access);
    }

    public (uint Name, ulong Address, ulong Offset, ulong Size) Section(ReadOnlySpan<byte> bytes) =>
        (BinaryPrimitives.ReadUInt32LittleEndian(bytes), Word(bytes, 12, 16), Word(bytes, 16, 24), Word(bytes, 20, 32));

    /// <summary>Whether a section lies in memory: not debug information, and not .tbss, which only reserves room in each thread's block.</summary>
    public bool TakesMemory(ReadOnlySpan<byte> bytes)
    {
        var kind = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        var flags = Word(bytes, 8, 8);
        return (flags & Alloc) != 0 && !(kind == NoBits && (flags & Tls) != 0);
    }

    ulong Word(ReadOnlySpan<byte> bytes, int at32, int at64) =>
        Is64 ? BinaryPrimitives.ReadUInt64LittleEndian(bytes[at64..]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[at32..]);

    static ushort Half(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
}
