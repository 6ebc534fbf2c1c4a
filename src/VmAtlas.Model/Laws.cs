using System.Diagnostics;

namespace VmAtlas.Model;

/// <summary>What every snapshot obeys, whatever the target: checked on every snapshot of a debug build, and by tests.</summary>
/// <remarks>Laws that need the system's own counters (law 3 of the design) are in <c>Reconciliation</c>.</remarks>
public static class Laws
{
    [Conditional("DEBUG")]
    public static void Assert(Snapshot snapshot)
    {
        foreach (var breach in Check(snapshot))
            throw new InvalidOperationException($"a law of the model is broken: {breach}");
    }

    /// <summary>Every breach as a sentence; nothing when all hold. Where blocks and regions do not fit each other the rest is
    /// not asked.</summary>
    public static IEnumerable<string> Check(Snapshot snapshot)
    {
        var disorder = Order(snapshot).ToList();
        return disorder.Count > 0 ? disorder : [.. Rows(snapshot), .. Sums(snapshot), .. Coverage(snapshot)];
    }

    /// <summary>Blocks ascend without overlap, each belongs to a region, each region has its blocks, and facts ascend by region.</summary>
    static IEnumerable<string> Order(Snapshot snapshot)
    {
        var end = 0UL;
        for (var i = 0; i < snapshot.Blocks.Count; i++)
        {
            var range = snapshot.Blocks.Range(i);
            if (range.IsEmpty || range.Start.Value < end)
                yield return $"block {i} ({range}) is empty or begins before the one before it ends";
            end = range.End.Value;
            var region = snapshot.Blocks.Regions[i];
            if ((uint)region >= (uint)snapshot.Regions.Count)
                yield return $"block {i} ({range}) belongs to no region";
            else if (i < snapshot.Regions.FirstBlocks[region] || i > snapshot.Regions.LastBlocks[region])
                yield return $"block {i} ({range}) lies outside the span of its region {region}";
        }
        for (var r = 0; r < snapshot.Regions.Count; r++)
        {
            var (first, last) = (snapshot.Regions.FirstBlocks[r], snapshot.Regions.LastBlocks[r]);
            var isSpan = first >= 0 && last >= first && last < snapshot.Blocks.Count;
            if (!isSpan || snapshot.Blocks.Regions[first] != r || snapshot.Blocks.Regions[last] != r)
                yield return $"region {r} has a wrong span of blocks";
        }
        var before = 0;
        foreach (var fact in snapshot.Regions.Facts)
        {
            if (fact.Region < before || fact.Region >= snapshot.Regions.Count)
                yield return $"a fact of region {fact.Region} is out of order";
            before = fact.Region;
        }
    }

    /// <summary>Law 2, and the bounds between columns that follow from their meaning.</summary>
    static IEnumerable<string> Rows(Snapshot snapshot)
    {
        ReadOnlyMemory<(Measure Part, Measure Whole)> bounds = new[]
        {
            (Measure.Committed, Measure.Size), (Measure.Private, Measure.Committed), (Measure.TotalWs, Measure.Size),
            (Measure.PrivateWs, Measure.TotalWs), (Measure.SharedWs, Measure.ShareableWs), (Measure.Uss, Measure.TotalWs),
            (Measure.Pss, Measure.TotalWs), (Measure.Anonymous, Measure.TotalWs), (Measure.LockedWs, Measure.Size),
        };
        for (var i = 0; i < snapshot.Blocks.Count; i++)
        {
            var block = snapshot.BlockAt(i);
            for (var b = 0; b < bounds.Length; b++)
            {
                var (part, whole) = bounds.Span[b];
                if (snapshot.Has(part) && snapshot.Has(whole) && block.Get(part) > block.Get(whole))
                    yield return $"block {block.Range}: {part.Title()} {block.Get(part)} is more than {whole.Title()} {block.Get(whole)}";
            }
        }
    }

    /// <summary>Law 1: types are the sums of regions, Total the sum of types less Free.</summary>
    static IEnumerable<string> Sums(Snapshot snapshot)
    {
        var sums = new MeasureSet[MemoryTypes.Count];
        for (var m = Measure.Size; (int)m < Measures.Count; m++)
        {
            if (!snapshot.Has(m))
                continue; // Shareable WS is absent where Private WS is, though Total WS be known
            var ofRegions = new SnapshotRows(snapshot, RowLevel.Region).Values(m);
            for (var r = 0; r < ofRegions.Length; r++)
                sums[(int)snapshot.Regions.Types[r]].Add(m, ofRegions[r]);
        }
        for (var m = 0; m < Measures.Count; m++)
        {
            var measure = (Measure)m;
            var total = 0UL;
            for (var t = MemoryType.Image; t <= MemoryType.Unusable; t++)
            {
                var shown = snapshot.Summary[t].Measures[measure];
                total += shown;
                if (t <= MemoryType.PrivateData && shown != sums[(int)t][measure])
                    yield return $"{t.Name()} {measure.Title()} {shown} is not the sum of its regions {sums[(int)t][measure]}";
            }
            if (snapshot.Summary.Total.Measures[measure] != total)
                yield return $"Total {measure.Title()} {snapshot.Summary.Total.Measures[measure]} is not the sum of the types {total}";
        }
    }

    /// <summary>Every byte of the user address space is in exactly one block, hole or unusable gap.</summary>
    static IEnumerable<string> Coverage(Snapshot snapshot)
    {
        var covered = 0UL;
        for (var i = 0; i < snapshot.Blocks.Count; i++)
        {
            var user = AddressRange.Of(0, snapshot.Layout.End.Value).Intersect(snapshot.Blocks.Range(i));
            covered += user.Size.Bytes;
        }
        for (var i = 0; i < snapshot.Gaps.Count; i++)
            covered += snapshot.Gaps.Range(i).Size.Bytes;
        if (covered != snapshot.Layout.End.Value)
            yield return $"blocks and gaps cover {covered} bytes of an address space of {snapshot.Layout.End.Value}";
    }
}
