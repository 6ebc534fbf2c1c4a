using VmAtlas.Model;

namespace VmAtlas.Symbols.Elf;

/// <summary>One program header.</summary>
/// <param name="Kind">p_type.</param>
/// <param name="Offset">p_offset: where its bytes begin in the file.</param>
/// <param name="FileSize">p_filesz; what p_memsz has more is zeroes (.bss).</param>
/// <param name="Memory">p_vaddr and p_memsz.</param>
/// <param name="Access">p_flags as protection.</param>
public sealed record ElfSegment(uint Kind, ulong Offset, ulong FileSize, AddressRange Memory, Protection Access)
{
    /// <summary>"r-x segment".</summary>
    public string Label => $"{Access.ToMapsText()[..3]} segment";
}
