using System.Globalization;
using VmAtlas.Capture.Linux.Annotators.Heaps;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Annotators;

/// <summary>The brk heap, and what glibc's malloc runs besides: the heaps of its further arenas, and large chunks.</summary>
/// <remarks>
/// Evidence: the kernel's own name [heap]; for the rest the shape of malloc's headers at the places where they must be. Other allocators
/// than glibc's have other shapes and are not guessed at. Only memory that is present is read, so a heap whose header is in swap is missed.
/// A run of mapped chunks is one region, not one a chunk: the kernel has merged them, and programs have thousands.
/// </remarks>
sealed class HeapAnnotator : IAnnotator
{
    public string Name => "Heap";

    public void Annotate(AnnotationContext context)
    {
        ClaimBrk(context);
        if (context.Target is not IMemorySource memory)
            return;
        var finder = new GlibcHeapFinder(context.Mappings, context.Strings, context.Claims, memory, context.Target.System.PageSize.Bytes);
        ClaimArenas(context.Claims, [.. finder.Heaps()]);
        ClaimChunks(context.Claims, finder);
    }

    static void ClaimBrk(AnnotationContext context)
    {
        var region = -1;
        for (var i = 0; i < context.Mappings.Count; i++)
        {
            if (context.Mappings.Inodes[i] != 0 || !context.Strings.Utf8(context.Mappings.Names[i]).SequenceEqual("[heap]"u8))
                continue;
            if (region < 0)
                region = context.Claims.AddRegion(MemoryType.Heap, "[heap]", "the kernel calls it [heap]: the memory between the program and its break (brk), from which malloc takes first");
            context.Claims.Claim(region, i);
        }
    }

    /// <summary>Arenas are numbered by address: the order in which they were made is in their own ring, which is part of their insides.</summary>
    static void ClaimArenas(ClaimList claims, IReadOnlyList<GlibcHeap> heaps)
    {
        var numbers = heaps.Where(h => h.IsFirst).Select((h, i) => (h.Arena, Number: i + 1)).ToDictionary(a => a.Arena, a => a.Number);
        var counts = new Dictionary<ulong, int>();
        foreach (var heap in heaps)
        {
            if (!numbers.TryGetValue(heap.Arena, out var number))
                continue; // no arena lies where it says: what looked like a heap is none
            var ordinal = counts[heap.Arena] = counts.GetValueOrDefault(heap.Arena) + 1;
            var details = $"arena {number} (0x{heap.Arena:x})";
            var region = claims.AddRegion(MemoryType.Heap, ordinal == 1 ? details : $"{details}, heap {ordinal}",
                $"at a 64 MiB border lies a heap header of glibc's malloc: it belongs to the arena at 0x{heap.Arena:x} and has {heap.Size >> 10} KiB");
            var accessible = heap.Start + heap.Accessible;
            claims.ClaimRange(region, AddressRange.Of(heap.Start, accessible));
            claims.ClaimRange(region, AddressRange.Of(accessible, heap.Range.End.Value), "reserved");
            claims.AddFact(region, "arena", $"0x{heap.Arena:x}");
        }
    }

    static void ClaimChunks(ClaimList claims, GlibcHeapFinder finder)
    {
        foreach (var chunks in finder.Chunks())
        {
            var region = claims.AddRegion(MemoryType.Heap, chunks.Count == 1 ? "malloc: mapped chunk" : "malloc: mapped chunks",
                "it begins with the header of a chunk that malloc mapped for itself, and so do its neighbours");
            claims.ClaimRange(region, chunks.Range);
            claims.AddFact(region, "chunks", chunks.Count.ToString(CultureInfo.InvariantCulture));
            claims.AddFact(region, "largest-chunk", chunks.Largest.ToString(CultureInfo.InvariantCulture));
        }
    }
}
