namespace VmAtlas.Model.Heaps;

/// <summary>What a stretch of whole pages of a heap is.</summary>
public enum HeapRunKind
{
    /// <summary>Chunks in use, or pieces of free ones that share pages with them.</summary>
    InUse,

    /// <summary>The inside of one large free chunk.</summary>
    Free,

    /// <summary>The arena's top, from which new chunks are cut.</summary>
    Top,
}

/// <summary>A stretch of whole pages of a heap, as a block of a snapshot shows it.</summary>
/// <param name="InUse">Bytes of chunks that the program holds; those of a chunk at the border count where it begins.</param>
public readonly record struct HeapRun(AddressRange Range, HeapRunKind Kind, ulong InUse)
{
    /// <summary>For people: "in use", "in use (93 %)", "freed, in small pieces", "free", "top".</summary>
    public string Label => Kind switch
    {
        HeapRunKind.Free => "free",
        HeapRunKind.Top => "top",
        _ when InUse == 0 => "freed, in small pieces",
        _ => Math.Min(100, InUse * 100 / Range.Size.Bytes) is var share && share < 100 ? $"in use ({share} %)" : "in use",
    };
}

/// <summary>Millions of chunks as few stretches of pages: exact where free memory is as large as pages, a share where it is finer.</summary>
public static class HeapRuns
{
    /// <summary>Free stretches of one heap that are told one by one, the largest ones; the rest shows in the shares around them.</summary>
    public const int MostFree = 64;

    /// <summary>What malloc writes into a free chunk, and into a top: those bytes' pages are in use by it.</summary>
    const ulong FreeHead = 48, TopHead = 16;

    readonly record struct Hole(ulong Start, ulong End, HeapRunKind Kind, ulong UsedBefore);

    /// <param name="heap">Whole pages.</param>
    /// <returns>Stretches in order, none empty, that fill the range up to the end of the last chunk in it; what lies behind is not known to be
    /// the heap's.</returns>
    public static IReadOnlyList<HeapRun> Of(ChunkTable chunks, AddressRange heap, ulong pageSize = 4096)
    {
        var (holes, used, end) = Holes(chunks, heap, pageSize);
        if (holes.Count > MostFree)
            holes = [.. holes.OrderByDescending(h => h.Kind).ThenByDescending(h => h.End - h.Start).Take(MostFree).OrderBy(h => h.Start)];
        var (runs, at, before) = (new List<HeapRun>(2 * holes.Count + 1), heap.Start.Value, 0UL);
        foreach (var hole in holes)
        {
            if (hole.Start > at)
                runs.Add(new HeapRun(AddressRange.Of(at, hole.Start), HeapRunKind.InUse, hole.UsedBefore - before));
            runs.Add(new HeapRun(AddressRange.Of(hole.Start, hole.End), hole.Kind, 0));
            (at, before) = (hole.End, hole.UsedBefore);
        }
        if (at < end)
            runs.Add(new HeapRun(AddressRange.Of(at, end), HeapRunKind.InUse, used - before));
        return runs;
    }

    /// <summary>Whole pages inside free chunks and the top, the bytes in use of the whole heap, and the end of the page where its last chunk ends.</summary>
    static (List<Hole> Holes, ulong Used, ulong End) Holes(ChunkTable chunks, AddressRange heap, ulong pageSize)
    {
        var (holes, used, end, reached) = (new List<Hole>(), 0UL, heap.End.Value, heap.Start.Value);
        for (var i = chunks.FirstFrom(heap.Start); i < chunks.Count && chunks.AddressOf(i).Value is var at && at < end; i++)
        {
            var (size, state) = (chunks.SizeOf(i), chunks.StateOf(i));
            reached = size < end - at ? at + size : end;
            if (state.IsHeld())
                used += size;
            if (state is not (ChunkState.Free or ChunkState.Top) || size < pageSize)
                continue;
            var top = state == ChunkState.Top;
            var from = at + (top ? TopHead : FreeHead) + pageSize - 1 & ~(pageSize - 1);
            var to = (top ? reached + pageSize - 1 : reached) & ~(pageSize - 1);
            if (from < to)
                holes.Add(new Hole(from, to, top ? HeapRunKind.Top : HeapRunKind.Free, used));
        }
        return (holes, used, reached + pageSize - 1 & ~(pageSize - 1));
    }
}
