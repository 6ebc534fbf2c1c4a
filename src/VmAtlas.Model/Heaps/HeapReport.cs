namespace VmAtlas.Model.Heaps;

/// <summary>What is inside the memory of malloc.</summary>
public sealed record HeapReport
{
    /// <summary>"glibc", "NT heap", "Wine heap".</summary>
    public required string Allocator { get; init; }

    /// <summary>It is malloc, with arenas, tops and caches; else heaps of Windows stand for arenas, and have none of those.</summary>
    public bool IsMalloc => Allocator == "glibc";

    /// <summary>Path of the object whose data holds the main arena.</summary>
    public required string Library { get; init; }

    public required HeapTotals Totals { get; init; }

    /// <summary>What the program holds, in arenas and mapped by itself: neither in a bin, nor a fastbin, nor a tcache. The C library's own
    /// blocks are among them (each thread's tcache and dtv).</summary>
    public required ChunkCount InUse { get; init; }

    /// <summary>The same as the sum of <c>malloc_usable_size</c>: what the program may write to.</summary>
    public required ulong Usable { get; init; }

    /// <summary>Chunks mapped by themselves that were found; Totals.HBlks says how many malloc knows of.</summary>
    public required ChunkCount Mapped { get; init; }

    public required IReadOnlyList<ArenaReport> Arenas { get; init; }

    public required SizeHistogram Sizes { get; init; }

    /// <summary>Every chunk, where asked for.</summary>
    public ChunkTable? Chunks { get; init; }

    /// <summary>The heap changed while it was read, or part of it could not be told: figures may be off.</summary>
    public required bool Approximate { get; init; }

    public required IReadOnlyList<Problem> Problems { get; init; }

    /// <summary>How long the target stood still; null when it was not stopped.</summary>
    public TimeSpan? Paused { get; init; }

    public required TimeSpan Took { get; init; }
}
