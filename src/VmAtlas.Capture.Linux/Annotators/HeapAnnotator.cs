using System.Globalization;
using VmAtlas.Capture.Linux.Heaps;
using VmAtlas.Capture.Linux.Runtimes.Allocators;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Capture.Linux.Annotators;

/// <summary>The brk heap, and what glibc's malloc runs besides: the heaps of its further arenas, and large chunks.</summary>
/// <remarks>
/// Evidence: the kernel's own name [heap]; malloc's ring of arenas and their heap headers (see <see cref="GlibcArenas"/>); the chunk headers of
/// large chunks, looked for no longer than malloc counts any. Other allocators have other shapes and are not guessed at. Only
/// memory that is present is read, so what lies in swap is missed. A run of mapped chunks is one region, not one a chunk: the kernel has merged
/// them into one mapping, and programs have thousands. Where a heap's top begins stands in its arena; what is in use and free below it takes
/// a look at every chunk, which is had only when asked for (<see cref="CaptureOptions.Heaps"/>).
/// </remarks>
sealed class HeapAnnotator : IAnnotator
{
    public string Name => "Heap";

    public void Annotate(AnnotationContext context)
    {
        var brk = ClaimBreak(context);
        if (context.Target is not IMemorySource memory || GlibcArenas.Find(context.Mappings, context.Strings, memory) is not { } found)
            return;
        context.Findings.UsesGlibcMalloc = found.Arenas.Any(a => a.System > 0);
        var inside = context.Options.Heaps ? ReadInside(context, memory, found) : null;
        var labels = new HeapLabels(context);
        for (var i = 0; i < found.Arenas.Count; i++)
        {
            foreach (var (region, heap) in ClaimArena(context, found.Arenas[i], brk))
            {
                if (inside is not null)
                    labels.NameRuns(region, heap, inside.Chunks!);
                else if (context.Options.Blocks)
                    labels.NameTop(region, found.Arenas[i], heap, memory);
                if (inside is not null && heap == found.Arenas[i].Heaps[0])
                    labels.AddFacts(region, inside.Arenas[i]);
            }
        }
        ClaimChunks(context, memory, found.Parameters?.MappedChunks ?? ulong.MaxValue);
    }

    static HeapReport ReadInside(AnnotationContext context, IMemorySource memory, GlibcArenas found)
    {
        var options = new HeapReadOptions { Chunks = true, Residency = true };
        return context.Findings.Heap = GlibcHeapReader.Read(found, context.Mappings, context.Strings, memory, options, context.Cancellation);
    }

    static int ClaimBreak(AnnotationContext context)
    {
        var region = -1;
        foreach (var i in context.Index.Named)
        {
            if (!context.Strings.Utf8(context.Mappings.Names[i]).SequenceEqual("[heap]"u8))
                continue;
            if (region < 0)
            {
                var other = AllocatorLibrary.Find(context);
                region = context.Claims.AddRegion(MemoryType.Heap, other is null ? "[heap]" : $"[heap], {other.Value.Name}",
                    "the kernel calls it [heap]: the memory up to the program's break (brk), from which malloc takes first");
            }
            context.Claims.Claim(region, i);
        }
        return region;
    }

    /// <summary>The arena's heaps with the regions they are in.</summary>
    static List<(int Region, GlibcHeap Heap)> ClaimArena(AnnotationContext context, GlibcArena arena, int brk)
    {
        var claimed = new List<(int, GlibcHeap)>();
        var name = arena.IsMain ? "main arena" : $"arena {arena.Number} (0x{arena.Address.Value:x})";
        for (var i = 0; i < arena.Heaps.Count; i++)
        {
            var heap = arena.Heaps[i];
            if (heap.IsBreak)
            {
                claimed.Add((brk, heap));
                continue;
            }
            if (heap.Reserved <= heap.Range.Start)
                continue;
            var region = context.Claims.AddRegion(MemoryType.Heap, i == 0 ? name : $"{name}, heap {i + 1}",
                $"malloc's ring of arenas leads to the arena at 0x{arena.Address.Value:x}, whose heap begins at 0x{heap.Range.Start.Value:x}");
            ClaimAnonymous(context, region, new AddressRange(heap.Range.Start, heap.Reserved));
            context.Claims.AddFact(region, "arena", $"0x{arena.Address.Value:x}");
            claimed.Add((region, heap));
        }
        return claimed;
    }

    static void ClaimAnonymous(AnnotationContext context, int region, AddressRange range)
    {
        foreach (var mapping in context.Claims.MappingsIn(range))
        {
            if (context.Mappings.Inodes[mapping] != 0 || context.Mappings.Protections[mapping].IsShared())
                continue;
            var reserved = !context.Mappings.Protections[mapping].IsAccessible();
            context.Claims.ClaimRange(region, context.Mappings.Range(mapping).Intersect(range), reserved ? "reserved" : "");
        }
    }

    static void ClaimChunks(AnnotationContext context, IMemorySource memory, ulong known)
    {
        var looks = new ChunkRuns(context.Mappings, context.Strings, memory);
        var starts = context.Mappings.Starts;
        var ends = context.Mappings.Ends;
        for (var i = 0; i < starts.Length && known > 0; i++)
        {
            if (ends[i] - starts[i] < ChunkRuns.SmallestChunk || !context.Claims.IsFree(i) || looks.TryRead(i) is not { } run)
                continue;
            known -= Math.Min(known, (ulong)run.Count);
            var region = context.Claims.AddRegion(MemoryType.Heap, run.Count == 1 ? "malloc: mapped chunk" : "malloc: mapped chunks",
                "it begins with the header of a chunk that malloc mapped for itself, and so do its neighbours");
            context.Claims.ClaimRange(region, run.Range, "in use");
            context.Claims.AddFact(region, "chunks", run.Count.ToString(CultureInfo.InvariantCulture));
        }
    }
}
