using VmAtlas.Capture.Windows.Annotators;
using VmAtlas.Capture.Windows.Calls;

namespace VmAtlas.Capture.Windows.Heaps;

/// <summary>A heap of Wine 8.0 in a 64-bit process. Its handle and its blocks look like those of Windows from outside; within, the layout is Wine's own.</summary>
/// <remarks>Evidence: the word "HEAP" in its header, lists that link back, and of each block the two letters that Wine gives it. Other versions have "HEAP" elsewhere
/// (from 8.1 on their blocks have other headers, too): their heaps are none here.</remarks>
sealed class WineHeap : SystemHeap
{
    const uint Magic = 'H' | 'E' << 8 | 'A' << 16 | (uint)'P' << 24;
    const ulong MagicAt = 0xB8, SubheapsAt = 0x88, LargeAt = 0x98;
    const uint Used = 'U' | 'S' << 8, Freed = 'F' | 'R' << 8, Dead = 0xDEAD;
    const ulong MostBytes = 1UL << 46;

    WineHeap(ulong handle)
        : base(handle)
    {
    }

    public override string Kind => SystemHeapReader.Wine;

    public static WineHeap? TryOpen(WindowsTarget target, ulong handle)
    {
        if (Word(target, handle + 0x10, 4) != HeapHeader.SegmentSignature || Word(target, handle + MagicAt, 4) != Magic)
            return null;
        var (segments, large) = (new List<HeapPart>(), new List<HeapPart>());
        foreach (var link in Ring(target, handle + SubheapsAt))
        {
            // At 0x18 what is committed behind this header, at 0x20 the link, at 0x30 the heap, at 0x38 the first block's header.
            var subheap = link - 0x20;
            if (Word(target, subheap + 0x30) == handle && Word(target, subheap + 0x18) is > 0x40 and < MostBytes and var committed)
                segments.Add(new HeapPart(subheap + 0x30, subheap + 0x40 + committed - HeaderBytes));
        }
        foreach (var link in Ring(target, handle + LargeAt))
        {
            // At 0x10 the link, at 0x28 the size of it all, at 0x38 the block's header.
            var start = link - 0x10;
            if (Word(target, start + 0x28) is > 0x40 and < MostBytes and var size)
                large.Add(new HeapPart(start + 0x30, start + size));
        }
        return new WineHeap(handle) { Segments = segments, LargeBlocks = large };
    }

    /// <summary>Size in units of 16, flags, bytes left over (of a free block the size's upper half), place of its subheap, two letters.</summary>
    public override bool TryRead(ReadOnlySpan<byte> header, ulong before, out HeapBlock block)
    {
        block = default;
        if (header.Length < HeaderBytes)
            return false;
        var (size, letters) = (header.U32(8), header.U32(12) >> 16);
        var isFree = (size >> 16 & 1) != 0;
        var units = (size & 0xffff) | (isFree ? size >> 24 << 16 : 0);
        if (units == 0 || letters is not (Used or Freed or Dead) || isFree != (letters == Freed))
            return false;
        block = new HeapBlock(units * 16UL, letters != Used); // a dead one is freed, too, and waits to be merged
        return true;
    }

    /// <summary>This version has no front end.</summary>
    public override IReadOnlyList<HeapBlock>? Inside(HeapWindow window, ulong at, ulong size) => null;
}
