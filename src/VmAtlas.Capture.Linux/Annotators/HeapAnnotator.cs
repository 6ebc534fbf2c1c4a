using System.Globalization;
using VmAtlas.Capture.Linux.Heaps;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Annotators;

/// <summary>The brk heap, and what glibc's malloc runs besides: the heaps of its further arenas, and large chunks.</summary>
/// <remarks>
/// Evidence: the kernel's own name [heap]; malloc's ring of arenas and their heap headers (see <see cref="GlibcArenas"/>); the chunk headers of
/// large chunks, looked for no longer than malloc counts any. Other allocators have other shapes and are not guessed at. Only
/// memory that is present is read, so what lies in swap is missed. A run of mapped chunks is one region, not one a chunk: the kernel has merged
/// them into one mapping, and programs have thousands.
/// </remarks>
sealed class HeapAnnotator : IAnnotator
{
    public string Name => "Heap";

    public void Annotate(AnnotationContext context)
    {
        ClaimBreak(context);
        if (context.Target is not IMemorySource memory || GlibcArenas.Find(context.Mappings, context.Strings, memory) is not { } found)
            return;
        foreach (var arena in found.Arenas)
            ClaimArena(context, arena);
        ClaimChunks(context, memory, found.Parameters?.MappedChunks ?? ulong.MaxValue);
    }

    static void ClaimBreak(AnnotationContext context)
    {
        var region = -1;
        foreach (var i in context.Index.Named)
        {
            if (!context.Strings.Utf8(context.Mappings.Names[i]).SequenceEqual("[heap]"u8))
                continue;
            if (region < 0)
            {
                region = context.Claims.AddRegion(MemoryType.Heap, "[heap]",
                    "the kernel calls it [heap]: the memory up to the program's break (brk), from which malloc takes first");
            }
            context.Claims.Claim(region, i);
        }
    }

    static void ClaimArena(AnnotationContext context, GlibcArena arena)
    {
        var name = arena.IsMain ? "main arena" : $"arena {arena.Number} (0x{arena.Address.Value:x})";
        for (var i = 0; i < arena.Heaps.Count; i++)
        {
            var heap = arena.Heaps[i];
            if (heap.IsBreak || heap.Reserved <= heap.Range.Start)
                continue;
            var region = context.Claims.AddRegion(MemoryType.Heap, i == 0 ? name : $"{name}, heap {i + 1}",
                $"malloc's ring of arenas leads to the arena at 0x{arena.Address.Value:x}, whose heap begins at 0x{heap.Range.Start.Value:x}");
            ClaimAnonymous(context, region, new AddressRange(heap.Range.Start, heap.Reserved));
            context.Claims.AddFact(region, "arena", $"0x{arena.Address.Value:x}");
        }
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
            context.Claims.ClaimRange(region, run.Range);
            context.Claims.AddFact(region, "chunks", run.Count.ToString(CultureInfo.InvariantCulture));
        }
    }
}
