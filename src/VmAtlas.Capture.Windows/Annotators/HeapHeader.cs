using VmAtlas.Capture.Windows.Calls;

namespace VmAtlas.Capture.Windows.Annotators;

/// <summary>A heap by its handle, which is its address.</summary>
readonly record struct HeapHandle(ulong Address, PebLayout Layout, bool IsDefault);

/// <summary>What a heap's own header says.</summary>
sealed record HeapHeader
{
    public const uint SegmentSignature = 0xFFEEFFEE;

    public const string SegmentHeap = "segment heap", Unknown = "heap";

    const uint HeapSignature = 0xEEFFEEFF, SegmentHeapSignature = 0xDDEEDDEE;

    /// <summary>Places in HEAP of 64-bit Windows 10 and 11 (public symbols of ntdll); before, and in 32-bit processes, they are others.</summary>
    const uint SignatureAt = 0x98, LargeBlocksAt = 0x110, FrontEndAt = 0x198, FrontEndTypeAt = 0x1A2;

    const int MostLargeBlocks = 1 << 16;

    /// <summary>"NT heap", "segment heap", or "heap" where the header is neither.</summary>
    public required string Kind { get; init; }

    /// <summary>VMMap's tag behind the id: "LOW FRAGMENTATION" or nothing.</summary>
    public string Tag { get; init; } = "";

    /// <summary>Blocks so large that each is an allocation of its own.</summary>
    public IReadOnlyList<ulong> LargeBlocks { get; init; } = [];

    public static HeapHeader Read(WindowsTarget target, HeapHandle heap)
    {
        var (at, layout) = (heap.Address, heap.Layout);
        if (!target.TryReadWord(at, layout.SegmentSignature, wide: false, out var first))
            return new HeapHeader { Kind = Unknown };
        if (first == SegmentHeapSignature)
            return new HeapHeader { Kind = SegmentHeap };
        var isNt = layout.IsWide && target.TryReadWord(at, SignatureAt, wide: false, out var signature) && signature == HeapSignature;
        return isNt
            ? new HeapHeader { Kind = "NT heap", Tag = HasFrontEnd(target, at) ? "LOW FRAGMENTATION" : "", LargeBlocks = ReadLargeBlocks(target, at + LargeBlocksAt) }
            : new HeapHeader { Kind = first == SegmentSignature ? "NT heap" : Unknown };
    }

    /// <summary>FrontEndHeapType 2 with a front end is the low-fragmentation heap; one without the other is another layout, and no answer.</summary>
    static bool HasFrontEnd(WindowsTarget target, ulong heap) =>
        target.TryReadWord(heap, FrontEndAt, wide: true, out var frontEnd) && frontEnd != 0
        && target.TryReadWord(heap, FrontEndTypeAt, wide: false, out var type) && (type & 0xff) == 2;

    /// <summary>The doubly linked list of HEAP_VIRTUAL_ALLOC_ENTRY: each lies at the start of its allocation. Each link is followed only if it links back.</summary>
    static List<ulong> ReadLargeBlocks(WindowsTarget target, ulong head)
    {
        var (blocks, at) = (new List<ulong>(), head);
        while (blocks.Count < MostLargeBlocks && target.TryReadWord(at, 0, wide: true, out var next) && next != head
            && target.TryReadWord(next, 8, wide: true, out var back) && back == at)
        {
            blocks.Add(next);
            at = next;
        }
        return blocks;
    }
}
