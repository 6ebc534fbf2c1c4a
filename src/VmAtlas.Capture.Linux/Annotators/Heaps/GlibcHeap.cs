using System.Buffers.Binary;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Annotators.Heaps;

/// <summary>One heap of a glibc arena other than the main one: <c>heap_info</c> of malloc/arena.c, at its aligned start.</summary>
/// <param name="Arena">Address of the arena (<c>malloc_state</c>) that the heap belongs to.</param>
/// <param name="Previous">The heap the arena had before this one; 0 for its first.</param>
/// <param name="Size">Bytes in use by the arena, from the start.</param>
/// <param name="Accessible">Bytes that were made accessible; the rest, to the end, is reserved.</param>
readonly record struct GlibcHeap(ulong Start, ulong Arena, ulong Previous, ulong Size, ulong Accessible)
{
    /// <summary>HEAP_MAX_SIZE, and the alignment of every heap. With the hugetlb tunable it is larger: such heaps are not found.</summary>
    public const ulong MaxSize = 64 << 20;

    const int HeaderSize = 32;

    public AddressRange Range => AddressRange.Of(Start, Start + MaxSize);

    /// <summary>Whether the arena itself lies in this heap, right behind its header (48 bytes since glibc 2.35, 32 before).</summary>
    public bool IsFirst => Arena - Start is 32 or 48 && Previous == 0;

    /// <summary>Reads a header, or null when what lies there does not have its shape.</summary>
    /// <remarks>Shape: sizes ordered and in whole pages, and either the arena right behind the header with no heap before, or another
    /// heap before with the arena elsewhere. Wrong only if these four words stood at a 64 MiB border by chance.</remarks>
    public static GlibcHeap? TryRead(IMemorySource memory, ulong start, ulong page)
    {
        Span<byte> bytes = stackalloc byte[HeaderSize];
        if (start % MaxSize != 0 || start > ulong.MaxValue - MaxSize || memory.Read(new Address(start), bytes) < bytes.Length)
            return null;
        var heap = new GlibcHeap(start, Word(bytes, 0), Word(bytes, 8), Word(bytes, 16), Word(bytes, 24));
        var sized = heap.Size is > 0 and <= MaxSize && heap.Accessible >= heap.Size && heap.Accessible <= MaxSize
            && heap.Size % page == 0 && heap.Accessible % page == 0;
        var follows = heap.Previous != 0 && heap.Previous % MaxSize == 0 && heap.Previous != start && heap.Arena - start >= MaxSize
            && heap.Arena % MaxSize is 32 or 48;
        return sized && (heap.IsFirst || follows) ? heap : null;
    }

    static ulong Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
