namespace VmAtlas.Model.Heaps;

/// <summary>One arena of malloc: its heaps and what is in them.</summary>
public sealed record ArenaReport
{
    /// <summary>0 is the main arena; the others are numbered in the order of malloc's own ring.</summary>
    public required int Number { get; init; }

    /// <summary>Where its <c>malloc_state</c> lies.</summary>
    public required Address Address { get; init; }

    /// <summary>The parts it has chunks in, from the first chunk to the end of what it got from the system.</summary>
    public required IReadOnlyList<AddressRange> Heaps { get; init; }

    /// <summary>Bytes it got from the system (<c>system_mem</c>).</summary>
    public required ulong System { get; init; }

    /// <summary>Held by the program.</summary>
    public required ChunkCount InUse { get; init; }

    /// <summary>In the bins, the top not counted.</summary>
    public required ChunkCount Free { get; init; }

    public required ChunkCount FastBins { get; init; }

    /// <summary>In thread caches, whichever thread's, by where the chunk lies.</summary>
    public required ChunkCount ThreadCaches { get; init; }

    /// <summary>Size of the top chunk.</summary>
    public required ulong Top { get; init; }

    /// <summary>Largest chunk in the bins; 0 when they are empty.</summary>
    public required ulong LargestFree { get; init; }

    /// <summary>Bytes that <c>malloc_trim(3)</c> could give back, resident or not; fastbins are not merged for it, so this is at least so much.</summary>
    public required ulong Trimmable { get; init; }

    /// <summary>Trimmable bytes that are resident: what malloc_trim would take off the working set. Null where pages can not be looked at.</summary>
    public ulong? TrimmableResident { get; init; }

    /// <summary>Bytes that could not be told: behind a damaged or torn chunk, or taken by the program itself with <c>sbrk</c>.</summary>
    public ulong Unknown { get; init; }

    /// <summary>Free in any way, the top not counted.</summary>
    public ChunkCount AllFree => Free + FastBins + ThreadCaches;

    /// <summary>Share of the arena below its top that is free: 0 is packed, 1 is all holes. 0 for an empty arena.</summary>
    public double Fragmentation => System > Top ? (double)AllFree.Bytes / (System - Top) : 0;
}
