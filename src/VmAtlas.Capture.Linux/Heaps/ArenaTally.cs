using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>What a walk adds up for one arena.</summary>
sealed class ArenaTally(GlibcArena arena, ulong[] fastBinHeads)
{
    public GlibcArena Arena { get; } = arena;

    /// <summary>The first chunk of each fastbin, 0 for an empty one, as they stood before the walk.</summary>
    public ulong[] FastBinHeads { get; } = fastBinHeads;

    /// <summary>What the walk of each heap notes; null where no fastbin of any arena holds anything.</summary>
    public FastLinks?[] Links { get; } = new FastLinks?[arena.Heaps.Count];

    public ChunkCount InUse, Free, FastBins, ThreadCaches;
    public ulong Top, LargestFree, Trimmable, TrimmableResident, Unknown;

    public ArenaReport ToReport(bool residency) => new()
    {
        Number = Arena.Number,
        Address = Arena.Address,
        Heaps = [.. Arena.Heaps.Select(h => new AddressRange(h.FirstChunk, h.Range.End))],
        System = Arena.System,
        InUse = InUse,
        Free = Free,
        FastBins = FastBins,
        ThreadCaches = ThreadCaches,
        Top = Top,
        LargestFree = LargestFree,
        Trimmable = Trimmable,
        TrimmableResident = residency ? TrimmableResident : null,
        Unknown = Unknown,
    };
}
