namespace VmAtlas.Model;

/// <summary>One row of the summary table.</summary>
public struct SummaryRow
{
    /// <summary>Null for the Total row.</summary>
    public MemoryType? Type;

    public MeasureSet Measures;

    /// <summary>Number of mappings (of holes, for Free); null where it means nothing (Page Table, Unusable).</summary>
    public long? Blocks;

    /// <summary>Bytes of the largest region of the type (the largest hole, for Free); null for Total and Page Table.</summary>
    public ulong? Largest;

    /// <summary>Number of regions of the type.</summary>
    public int Regions;
}

/// <summary>VMMap's summary: Total, then a row for each type in its fixed order. All sums of the regions' (law 1).</summary>
public sealed class Summary
{
    readonly SummaryRow[] _rows = new SummaryRow[MemoryTypes.Count];

    Summary()
    {
    }

    public SummaryRow Total { get; private set; }

    public SummaryRow this[MemoryType type] => _rows[(int)type];

    /// <summary>Total, then every type, present or not.</summary>
    public IEnumerable<SummaryRow> Rows => [Total, .. _rows];

    public static Summary Of(Snapshot snapshot)
    {
        var summary = new Summary();
        for (var t = 0; t < MemoryTypes.Count; t++)
            summary._rows[t].Type = (MemoryType)t;
        summary.AddBlocks(snapshot);
        summary.AddPageTables(snapshot);
        summary.AddGaps(snapshot);
        summary.AddUp();
        return summary;
    }

    void AddBlocks(Snapshot snapshot)
    {
        var (blocks, regions) = (snapshot.Blocks, snapshot.Regions);
        for (var t = MemoryType.Image; t <= MemoryType.PrivateData; t++)
        {
            _rows[(int)t].Blocks = 0;
            _rows[(int)t].Largest = 0;
            for (var m = 0; m < Model.Measures.Count; m++)
            {
                if (snapshot.Has((Measure)m))
                    _rows[(int)t].Measures.Set((Measure)m, 0);
            }
        }
        var types = new MemoryType[blocks.Count];
        for (var i = 0; i < types.Length; i++)
        {
            types[i] = regions.Types[blocks.Regions[i]];
            _rows[(int)types[i]].Measures.Add(Measure.Size, blocks.Ends[i] - blocks.Starts[i]);
        }
        for (var m = Measure.Committed; (int)m < Model.Measures.Count; m++)
        {
            var column = blocks.Column(m);
            for (var i = 0; i < column.Length; i++)
            {
                if (column[i] != 0)
                    _rows[(int)types[i]].Measures.Add(m, column[i]);
            }
        }
        for (var r = 0; r < regions.Count; r++)
        {
            var region = snapshot.RegionAt(r);
            ref var row = ref _rows[(int)region.Type];
            row.Regions++;
            row.Blocks += region.MappingCount;
            row.Largest = Math.Max(row.Largest ?? 0, region.Get(Measure.Size));
        }
        for (var t = MemoryType.Image; t <= MemoryType.PrivateData; t++)
        {
            ref var measures = ref _rows[(int)t].Measures;
            if (snapshot.Has(Measure.ShareableWs))
                measures.Set(Measure.ShareableWs, measures[Measure.TotalWs] - measures[Measure.PrivateWs]);
        }
    }

    /// <summary>Page tables are memory the process costs, all resident and its own, so they count as VMMap counts them: in five columns alike.</summary>
    void AddPageTables(Snapshot snapshot)
    {
        if (snapshot.PageTables is not { } tables)
            return;
        ref var row = ref _rows[(int)MemoryType.PageTable];
        foreach (var measure in (ReadOnlySpan<Measure>)[Measure.Size, Measure.Committed, Measure.Private, Measure.TotalWs, Measure.PrivateWs])
            row.Measures.Set(measure, tables.Bytes);
    }

    void AddGaps(Snapshot snapshot)
    {
        ref var unusable = ref _rows[(int)MemoryType.Unusable];
        ref var free = ref _rows[(int)MemoryType.Free];
        unusable.Measures.Set(Measure.Size, 0);
        free.Measures.Set(Measure.Size, 0);
        (unusable.Largest, free.Largest, free.Blocks) = (0, 0, 0);
        for (var i = 0; i < snapshot.Gaps.Count; i++)
        {
            var isFree = snapshot.Gaps.Type(i) == MemoryType.Free;
            ref var row = ref isFree ? ref free : ref unusable;
            var size = snapshot.Gaps.Range(i).Size.Bytes;
            row.Measures.Add(Measure.Size, size);
            row.Largest = Math.Max(row.Largest ?? 0, size);
            if (isFree)
                row.Blocks++;
        }
    }

    void AddUp()
    {
        var total = new SummaryRow { Blocks = 0 };
        foreach (var row in _rows)
        {
            if (!row.Type!.Value.CountsInTotal())
                continue;
            total.Measures.Add(row.Measures);
            total.Blocks += row.Blocks ?? 0;
            total.Regions += row.Regions;
        }
        Total = total;
    }
}
