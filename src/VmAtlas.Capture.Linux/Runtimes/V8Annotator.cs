using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Runtimes;

/// <summary>V8's heap, in node and in whatever embeds V8: pages of 256 KiB, and larger ones for large objects.</summary>
/// <remarks>
/// Evidence: at a multiple of 256 KiB a page header: its size, its flags, the heap it belongs to (the same in every page of an isolate), and where its
/// objects begin and end, within it. Seen in V8 11.3 (node 20). Newer V8 keeps most of the header elsewhere: not recognised. Wrong for a
/// program that writes such a row of words on purpose.
/// </remarks>
sealed class V8Annotator : IAnnotator
{
    const ulong PageAlignment = 256 << 10, SmallestPage = 4096, LargestPage = 4UL << 30;

    public string Name => "V8";

    public void Annotate(AnnotationContext context)
    {
        if (context.Target is not IMemorySource memory)
            return;
        var regions = new Dictionary<ulong, int>();
        var looks = 0;
        var starts = context.Mappings.Starts;
        foreach (var row in AnonymousMemory.Unclaimed(context, Protection.Read))
        {
            var start = starts[row];
            if ((start & PageAlignment - 1) != 0 || context.Mappings.Get(Measure.TotalWs, row) == 0 || looks++ >= AnonymousMemory.MaxLooks)
                continue;
            foreach (var (range, heap) in Pages(context, memory, start))
                context.Claims.ClaimRange(RegionOf(context, regions, heap), range);
        }
    }

    /// <summary>Pages side by side from an address on; a page may reach over several mappings, code being protected otherwise than its header.</summary>
    static IEnumerable<(AddressRange Range, ulong Heap)> Pages(AnnotationContext context, IMemorySource memory, ulong at)
    {
        while (context.Mappings.IndexOf(new Address(at)) is >= 0 and var row && context.Claims.IsFree(row)
            && TryReadPage(memory, at, out var size, out var heap))
        {
            yield return (AddressRange.Of(at, at + size), heap);
            at = AnonymousMemory.AlignUp(at + size, PageAlignment);
        }
    }

    static bool TryReadPage(IMemorySource memory, ulong at, out ulong size, out ulong heap)
    {
        Span<ulong> words = stackalloc ulong[5];
        (size, heap) = (0, 0);
        if (!AnonymousMemory.TryRead(memory, at, words))
            return false;
        (size, heap) = (words[0], words[2]);
        var (start, end) = (words[3], words[4]);
        return size is >= SmallestPage and <= LargestPage && (size & 4095) == 0 && words[1] < 1UL << 32 && (heap & 7) == 0 && heap >= 65536
            && start > at && start - at < 64 << 10 && end > start && end - at <= size;
    }

    /// <summary>One region for each isolate: its pages lie all over the address space, and one by one they would say nothing.</summary>
    static int RegionOf(AnnotationContext context, Dictionary<ulong, int> regions, ulong heap)
    {
        if (!regions.TryGetValue(heap, out var region))
        {
            regions.Add(heap, region = context.Claims.AddRegion(MemoryType.ManagedHeap, $"V8 heap {regions.Count + 1}",
                $"its pages begin with V8's page headers, which name the heap at 0x{heap:x}"));
        }
        return region;
    }
}
