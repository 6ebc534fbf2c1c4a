using VmAtlas.Model;

namespace VmAtlas.Capture.Pe;

/// <summary>What the headers of one PE image say (Microsoft's "PE Format"). Addresses are relative to the image's base.</summary>
/// <param name="Size">SizeOfImage: bytes of address space the image takes when it is laid out.</param>
/// <param name="HeaderSize">SizeOfHeaders.</param>
/// <param name="Sections">Ascending by address, all within the size.</param>
/// <param name="IsManaged">It has a CLR header: a .NET assembly.</param>
public sealed record PeImage(uint Size, uint HeaderSize, IReadOnlyList<PeSection> Sections, bool IsManaged)
{
    /// <summary>IMAGE_FILE_HEADER.Machine: 0x8664 for x86-64, 0x14c for x86, 0xaa64 for arm64.</summary>
    public ushort Machine { get; init; }

    /// <summary>IMAGE_FILE_HEADER.TimeDateStamp: with the size it tells builds apart, as symbol servers do.</summary>
    public uint TimeStamp { get; init; }

    /// <summary>Where its table of exports lies; 0 where it has none.</summary>
    public uint ExportTable { get; init; }

    /// <summary>It may be loaded anywhere (IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE): VMMap's "(ASLR)".</summary>
    public bool IsRelocatable { get; init; }
}

/// <summary>One section header.</summary>
/// <param name="Address">VirtualAddress.</param>
/// <param name="Size">VirtualSize, or SizeOfRawData where that is 0.</param>
/// <param name="Offset">PointerToRawData; 0 for sections without bytes in the file.</param>
/// <param name="Access">From the characteristics.</param>
public readonly record struct PeSection(string Name, uint Address, uint Size, uint Offset, Protection Access)
{
    public ulong End => (ulong)Address + Size;
}
