using VmAtlas.Model;

namespace VmAtlas.Symbols.Elf;

/// <summary>One section header.</summary>
public sealed record ElfSection
{
    const uint NoBits = 8;
    const ulong Alloc = 2, Tls = 0x400, CompressedFlag = 0x800;

    public required string Name { get; init; }

    /// <summary>sh_type.</summary>
    public required uint Kind { get; init; }

    /// <summary>sh_flags.</summary>
    public required ulong Flags { get; init; }

    /// <summary>sh_addr and sh_size; the start is 0 where it has no address.</summary>
    public required AddressRange Range { get; init; }

    /// <summary>sh_offset.</summary>
    public required ulong Offset { get; init; }

    /// <summary>sh_link: the table of texts of a table of symbols.</summary>
    public required uint Link { get; init; }

    public ulong Size => Range.Size.Bytes;

    /// <summary>Whether it has bytes in the file. A file of debug information keeps the headers of what it left out.</summary>
    public bool HasBytes => Kind != NoBits && Kind != 0;

    public bool IsCompressed => (Flags & CompressedFlag) != 0;

    /// <summary>Whether it lies in memory: not debug information, and not .tbss, which only reserves room in each thread's block.</summary>
    public bool TakesMemory => (Flags & Alloc) != 0 && !(Kind == NoBits && (Flags & Tls) != 0);
}
