using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Pe;

/// <summary>What the headers of one PE image say (Microsoft's "PE Format"). Addresses are relative to the image's base.</summary>
/// <param name="Size">SizeOfImage: bytes of address space the image takes when it is laid out.</param>
/// <param name="HeaderSize">SizeOfHeaders.</param>
/// <param name="Sections">Ascending by address, all within the size.</param>
/// <param name="IsManaged">It has a CLR header: a .NET assembly.</param>
sealed record PeImage(uint Size, uint HeaderSize, IReadOnlyList<PeSection> Sections, bool IsManaged);

/// <summary>One section header.</summary>
/// <param name="Address">VirtualAddress.</param>
/// <param name="Size">VirtualSize, or SizeOfRawData where that is 0.</param>
/// <param name="Offset">PointerToRawData; 0 for sections without bytes in the file.</param>
/// <param name="Access">From the characteristics.</param>
readonly record struct PeSection(string Name, uint Address, uint Size, uint Offset, Protection Access)
{
    public ulong End => (ulong)Address + Size;
}
