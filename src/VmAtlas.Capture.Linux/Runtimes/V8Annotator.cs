using System.Runtime.InteropServices;
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

    /// <summary>Size, flags, heap, and where the objects begin and end.</summary>
    const int HeaderWords = 5;

    public string Name => "V8";

    public void Annotate(AnnotationContext context)
    {
        if (context.Target is not IMemorySource memory)
            return;
        var regions = new Dictionary<ulong, int>();
        foreach (var start in FirstPages(context, memory))
        {
            foreach (var (range, heap) in Pages(context, memory, start))
                context.Claims.ClaimRange(RegionOf(context, regions, heap), range);
        }
    }

    /// <summary>Where mappings begin with what could be a page's header: all are looked at together.</summary>
    static List<ulong> FirstPages(AnnotationContext context, IMemorySource memory)
    {
        var aligned = new List<ulong>();
        var starts = context.Mappings.Starts;
        foreach (var row in AnonymousMemory.Unclaimed(context, Protection.Read))
        {
            if ((starts[row] & PageAlignment - 1) == 0 && context.Mappings.Get(Measure.TotalWs, row) != 0 && aligned.Count < AnonymousMemory.MaxLooks)
                aligned.Add(starts[row]);
        }
        var (words, got) = (new ulong[aligned.Count * HeaderWords], new int[aligned.Count]);
        memory.ReadEach(CollectionsMarshal.AsSpan(aligned), HeaderWords * sizeof(ulong), MemoryMarshal.AsBytes(words.AsSpan()), got);
        var found = new List<ulong>();
        for (var i = 0; i < got.Length; i++)
        {
            if (got[i] == HeaderWords * sizeof(ulong) && IsHeader(aligned[i], words.AsSpan(i * HeaderWords, HeaderWords), out _, out _))
                found.Add(aligned[i]);
        }
        return found;
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
        Span<ulong> words = stackalloc ulong[HeaderWords];
        (size, heap) = (0, 0);
        return AnonymousMemory.TryRead(memory, at, words) && IsHeader(at, words, out size, out heap);
    }

    static bool IsHeader(ulong at, ReadOnlySpan<ulong> words, out ulong size, out ulong heap)
    {
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
