using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Capture.Windows.Heaps;

/// <summary>What a walk adds up for one heap.</summary>
sealed class HeapTally(SystemHeap heap, int number)
{
    public SystemHeap Heap => heap;

    public ChunkCount InUse { get; private set; }

    public ChunkCount Free { get; private set; }

    public ulong LargestFree { get; private set; }

    /// <summary>Bytes that have memory behind them.</summary>
    public ulong Committed { get; set; }

    /// <summary>Bytes behind a header that could not be read.</summary>
    public ulong Unknown { get; set; }

    public void Add(HeapBlock block)
    {
        var one = new ChunkCount(1, block.Size);
        if (block.IsFree)
            (Free, LargestFree) = (Free + one, Math.Max(LargestFree, block.Size));
        else
            InUse += one;
    }

    public ArenaReport ToReport() => new()
    {
        Number = number,
        Address = new Address(heap.Handle),
        Heaps = [.. heap.Segments.OrderBy(s => s.Start).Select(s => AddressRange.Of(s.Start, s.End))],
        System = Committed,
        InUse = InUse,
        Free = Free,
        FastBins = default,
        ThreadCaches = default,
        Top = 0,
        LargestFree = LargestFree,
        Trimmable = 0,
        Unknown = Unknown,
    };
}
