using System.Diagnostics;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>From the memory of a process to the report on its malloc: find the arenas, walk their heaps, sort out the lists of freed chunks,
/// find the mapped ones, and look whether anything moved meanwhile.</summary>
public sealed class GlibcHeapReader
{
    readonly BlockTable _mappings;
    readonly StringTable _strings;
    readonly SharedSource _memory;
    readonly HeapReadOptions _options;
    readonly SizeHistogram _sizes = new();
    readonly TornChunks _torn = new();
    readonly ChunkTable? _chunks;
    readonly Residency? _residency;

    GlibcHeapReader(BlockTable mappings, StringTable strings, IMemorySource memory, HeapReadOptions options)
    {
        (_mappings, _strings, _memory, _options) = (mappings, strings, new SharedSource(memory), options);
        _chunks = options.Chunks ? new ChunkTable() : null;
        _residency = options.Residency && _memory.KnowsPages ? new Residency(_memory) : null;
    }

    /// <returns>Null when the process has no glibc heap: see <see cref="GlibcArenas.Find"/>.</returns>
    public static HeapReport? Read(
        BlockTable mappings, StringTable strings, IMemorySource memory, HeapReadOptions options, CancellationToken cancellation = default)
    {
        var clock = Stopwatch.StartNew();
        if (GlibcArenas.Find(mappings, strings, memory) is not { } arenas)
            return null;
        return new GlibcHeapReader(mappings, strings, memory, options).Read(arenas, clock, cancellation);
    }

    /// <summary>The same with the arenas found before.</summary>
    internal static HeapReport Read(
        GlibcArenas arenas, BlockTable mappings, StringTable strings, IMemorySource memory, HeapReadOptions options, CancellationToken cancellation) =>
        new GlibcHeapReader(mappings, strings, memory, options).Read(arenas, Stopwatch.StartNew(), cancellation);

    HeapReport Read(GlibcArenas arenas, Stopwatch clock, CancellationToken cancellation)
    {
        var fresh = new FreshHeaders(_memory);
        var tallies = arenas.Arenas.Select(a => new ArenaTally(a, fresh.ReadFastBins(a))).ToList();
        var lists = new FreeLists(_memory, tallies, _sizes, _chunks, _torn);
        lists.LearnFromFastBins();
        NoteLinks(tallies, lists.AreMangled);
        using var walker = new HeapWalker(_memory, _sizes, _chunks, _residency, _torn);
        var mapped = new MappedTally(_sizes, _chunks, MappedChunks.Find(
            _mappings, _strings, _memory, arenas.Parameters?.MappedChunks, StartsByRow(arenas)));
        foreach (var (tally, heap) in tallies.SelectMany(t => t.Arena.Heaps.Select((_, i) => (t, i))).OrderBy(p => p.t.Arena.Heaps[p.i].Range.Start))
        {
            mapped.AddBefore(tally.Arena.Heaps[heap].Range.Start.Value);
            walker.Walk(tally, heap, cancellation);
        }
        mapped.AddBefore(ulong.MaxValue);
        lists.LearnFromCaches(walker.ThreadCaches);
        foreach (var cache in walker.ThreadCaches)
            lists.FollowThreadCache(cache);
        foreach (var tally in tallies)
            lists.FollowFastBins(tally);
        var moved = _torn.Moved || !arenas.Arenas.All(fresh.IsUnchanged);
        return Report(arenas, tallies, mapped, moved, clock);
    }

    /// <summary>Where no fastbin holds anything, no link need be noted.</summary>
    void NoteLinks(List<ArenaTally> tallies, bool mangled)
    {
        var heaps = tallies.SelectMany(t => t.Arena.Heaps).Select(h => h.Range).ToList();
        if (heaps.Count == 0 || !tallies.Any(t => t.FastBinHeads.AsSpan().ContainsAnyExcept(0UL)))
            return;
        var arenas = new AddressRange(heaps.Min(h => h.Start), heaps.Max(h => h.End));
        foreach (var tally in tallies)
        {
            for (var i = 0; i < tally.Links.Length; i++)
                tally.Links[i] = new FastLinks(tally.Arena.Heaps[i].Range.Start.Value, arenas, mangled, _chunks);
        }
    }

    Dictionary<int, ulong> StartsByRow(GlibcArenas arenas) => arenas.Arenas.SelectMany(a => a.Heaps).Select(h => h.Range.Start)
        .GroupBy(start => _mappings.IndexOf(start)).ToDictionary(rows => rows.Key, rows => rows.Min().Value);

    HeapReport Report(GlibcArenas glibc, List<ArenaTally> tallies, MappedTally found, bool moved, Stopwatch clock)
    {
        var mapped = found.Count;
        var arenas = tallies.Select(t => t.ToReport(_residency is { IsKnown: true })).ToList();
        var problems = glibc.Problems.Concat(_torn.Problems).ToList();
        var knownMapped = glibc.Parameters is { } p ? new ChunkCount(p.MappedChunks, p.MappedBytes) : mapped with { Bytes = mapped.Bytes + found.Around };
        if (knownMapped.Chunks != mapped.Chunks)
            problems.Add(new Problem("heap-mapped", $"malloc counts {knownMapped.Chunks:#,0} blocks mapped by themselves, {mapped.Chunks:#,0} were found"));
        if (moved)
            problems.Add(new Problem("heap-moved", "the target went on using its heap while it was read"));
        var inUse = arenas.Aggregate(mapped, (sum, a) => sum + a.InUse);
        return new HeapReport
        {
            Allocator = "glibc",
            Library = glibc.Library,
            Totals = Totals(arenas, knownMapped),
            InUse = inUse,
            Usable = inUse.Bytes - 8 * inUse.Chunks - 8 * mapped.Chunks,
            Mapped = mapped,
            Arenas = arenas,
            Sizes = _sizes,
            Chunks = _chunks,
            Approximate = moved || _torn.Count > 0 || glibc.Problems.Count > 0,
            Problems = problems,
            Took = clock.Elapsed,
        };
    }

    /// <summary>By the rules of glibc's <c>int_mallinfo</c>: tops count as one free chunk each, thread caches as in use.</summary>
    static HeapTotals Totals(List<ArenaReport> arenas, ChunkCount mapped)
    {
        ulong system = 0, free = 0, ordinary = 0;
        var fast = new ChunkCount();
        foreach (var arena in arenas)
        {
            system += arena.System;
            ordinary += arena.Free.Chunks + 1;
            free += arena.Free.Bytes + arena.FastBins.Bytes + arena.Top;
            fast += arena.FastBins;
        }
        return new HeapTotals(system, ordinary, fast.Chunks, mapped.Chunks, mapped.Bytes, fast.Bytes, system - Math.Min(system, free), free, arenas[0].Top);
    }
}
