using System.Buffers.Binary;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Annotators.Heaps;

/// <summary>Large chunks that malloc mapped each for itself, side by side.</summary>
/// <param name="Largest">Bytes of the largest, header included.</param>
readonly record struct MappedChunks(AddressRange Range, int Count, ulong Largest)
{
    /// <summary>Chunks followed in one run; what lies behind is then taken as it is.</summary>
    const int MaxRun = 4096;

    const ulong IsMapped = 2, FlagBits = 7;

    /// <summary>The run that begins at an address and ends by <paramref name="end"/>, or null when no chunk begins there.</summary>
    /// <remarks>
    /// A mapped chunk begins with { bytes skipped for alignment, size | IS_MMAPPED }: the first less than a page, both together whole pages
    /// (malloc/malloc.c, <c>sysmalloc_mmap</c>). Wrong when a program's own mapping begins with two words of this shape.
    /// </remarks>
    public static MappedChunks? TryRead(IMemorySource memory, ulong start, ulong end, ulong page)
    {
        var (at, count, largest) = (start, 0, 0UL);
        Span<byte> words = stackalloc byte[16];
        while (at < end && count < MaxRun)
        {
            if (memory.Read(new Address(at), words) < words.Length)
                break;
            var (skipped, size) = (BinaryPrimitives.ReadUInt64LittleEndian(words), BinaryPrimitives.ReadUInt64LittleEndian(words[8..]));
            if ((size & FlagBits) != IsMapped || skipped >= page || size > end - at)
                break;
            size &= ~FlagBits;
            // A chunk moved up for alignment has its header at its own start, not at the mapping's: only unmoved ones begin a mapping.
            if (skipped != 0 || size % page != 0 || size == 0)
                break;
            (at, count, largest) = (at + size, count + 1, Math.Max(largest, size));
        }
        if (count == 0)
            return null;
        return new MappedChunks(AddressRange.Of(start, count == MaxRun ? end : at), count, largest);
    }
}
