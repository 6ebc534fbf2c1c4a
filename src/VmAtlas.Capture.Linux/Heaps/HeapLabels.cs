using System.Globalization;
using VmAtlas.Capture.Linux.Runtimes;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>Gives the regions of malloc's heaps their blocks: in use, free, top.</summary>
sealed class HeapLabels(AnnotationContext context)
{
    const ulong PageMask = 4095;

    /// <summary>What needs no walk: the arena's header says where its top begins, the top's own how long it is.</summary>
    public void NameTop(int region, GlibcArena arena, GlibcHeap heap, IMemorySource memory)
    {
        Span<ulong> head = stackalloc ulong[1];
        if (!heap.HasTop || !heap.Range.Contains(arena.Top) || !AnonymousMemory.TryRead(memory, arena.Top.Value + 8, head))
            return;
        var (top, left) = (arena.Top.Value, heap.Range.End.Value - arena.Top.Value);
        var from = top + 16 + PageMask & ~PageMask;
        var to = top + Math.Min(left, head[0] & ~7UL) + PageMask & ~PageMask;
        if (from < to)
            context.Claims.Label(region, AddressRange.Of(from, to), "top");
    }

    /// <summary>What every chunk tells.</summary>
    public void NameRuns(int region, GlibcHeap heap, ChunkTable chunks)
    {
        foreach (var run in HeapRuns.Of(chunks, heap.Range))
            context.Claims.Label(region, run.Range, run.Label);
    }

    public void AddFacts(int region, ArenaReport arena)
    {
        Add("in use", arena.InUse);
        Add("free", arena.Free);
        Add("cached", arena.FastBins + arena.ThreadCaches);
        context.Claims.AddFact(region, "top", Bytes(arena.Top));
        context.Claims.AddFact(region, "largest free", Bytes(arena.LargestFree));
        context.Claims.AddFact(region, "malloc_trim", $"{Bytes(arena.TrimmableResident ?? arena.Trimmable)} could go back");

        void Add(string key, ChunkCount count) =>
            context.Claims.AddFact(region, key, string.Create(CultureInfo.InvariantCulture, $"{count.Chunks:N0} blocks, {count.Bytes:N0} bytes"));
    }

    static string Bytes(ulong bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes:N0} bytes");
}
