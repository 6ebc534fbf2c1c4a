using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Elf;

/// <summary>What the headers of one ELF object say (elf(5)). Addresses are the object's own: a load bias is added where it is mapped.</summary>
sealed record ElfObject
{
    public required bool Is64 { get; init; }

    /// <summary>PT_LOAD segments, ascending by address, never empty, none with an overflow in it.</summary>
    public required IReadOnlyList<ElfSegment> Segments { get; init; }

    /// <summary>PT_GNU_RELRO: written while the object is relocated, read-only from then on. Empty where there is none.</summary>
    public AddressRange Relro { get; init; }

    /// <summary>Size of the file header and of the program headers behind it; 0 when they do not lie behind it.</summary>
    public ulong HeaderSize { get; init; }

    /// <summary>NT_GNU_BUILD_ID in hexadecimal; null where there is none.</summary>
    public string? BuildId { get; init; }

    /// <summary>Sections that have addresses, ascending; empty when they were not asked for, not readable, or stripped.</summary>
    public IReadOnlyList<ElfSection> Sections { get; init; } = [];

    /// <summary>From the first to the end of the last segment.</summary>
    public AddressRange Span => new(Segments[0].Memory.Start, Segments[^1].Memory.End);
}

/// <summary>One PT_LOAD segment.</summary>
/// <param name="Offset">p_offset: where its bytes begin in the file.</param>
/// <param name="FileSize">p_filesz; what p_memsz has more is zeroes (.bss).</param>
/// <param name="Memory">p_vaddr and p_memsz.</param>
/// <param name="Access">p_flags as protection.</param>
sealed record ElfSegment(ulong Offset, ulong FileSize, AddressRange Memory, Protection Access)
{
    /// <summary>"r-x segment".</summary>
    public string Label => $"{Access.ToMapsText()[..3]} segment";
}

/// <summary>One section with an address.</summary>
sealed record ElfSection(string Name, AddressRange Range);
