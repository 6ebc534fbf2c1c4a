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
    public IReadOnlyList<SummaryRow> Rows
    {
        get
        {
            var rows = new SummaryRow[1 + _rows.Length];
            rows[0] = Total;
            _rows.CopyTo(rows, 1);
            return rows;
        }
    }

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
        for (var t = MemoryType.Image; t <= MemoryType.PrivateData; t++)
            (_rows[(int)t].Blocks, _rows[(int)t].Largest) = (0, 0);
        var types = TypesOfBlocks(snapshot);
        Span<ulong> sums = stackalloc ulong[MemoryTypes.Count];
        var values = new ulong[types.Length];
        for (var m = Measure.Size; (int)m < Model.Measures.Count; m++)
        {
            if (!snapshot.Has(m))
                continue;
            sums.Clear();
            if (!snapshot.Blocks.IsZero(m))
                Add(snapshot.Blocks, m, types, values, sums);
            for (var t = MemoryType.Image; t <= MemoryType.PrivateData; t++)
                _rows[(int)t].Measures.Set(m, sums[(int)t]);
        }
        CountBlocks(snapshot.Blocks.Facts, types);
        FindLargest(snapshot);
    }

    static void Add(BlockTable blocks, Measure measure, byte[] types, ulong[] values, Span<ulong> sums)
    {
        blocks.CopyTo(measure, values);
        for (var i = 0; i < values.Length; i++)
            sums[types[i]] = checked(sums[types[i]] + values[i]);
    }

    static byte[] TypesOfBlocks(Snapshot snapshot)
    {
        var types = new byte[snapshot.Blocks.Count];
        var regions = snapshot.Blocks.Regions;
        var ofRegions = snapshot.Regions.Types;
        for (var i = 0; i < types.Length; i++)
            types[i] = (byte)ofRegions[regions[i]];
        return types;
    }

    void CountBlocks(ReadOnlySpan<BlockFlags> facts, byte[] types)
    {
        for (var i = 0; i < types.Length; i++)
        {
            if ((facts[i] & BlockFlags.StartsMapping) != 0)
                _rows[types[i]].Blocks++;
        }
    }

    void FindLargest(Snapshot snapshot)
    {
        var sizes = new SnapshotRows(snapshot, RowLevel.Region).Values(Measure.Size);
        var types = snapshot.Regions.Types;
        Span<ulong> largest = stackalloc ulong[MemoryTypes.Count];
        largest.Clear();
        for (var r = 0; r < sizes.Length; r++)
        {
            var type = (int)types[r];
            _rows[type].Regions++;
            largest[type] = Math.Max(largest[type], sizes[r]);
        }
        for (var t = 0; t < _rows.Length; t++)
        {
            if (_rows[t].Regions > 0)
                _rows[t].Largest = largest[t];
        }
    }

    /// <summary>Page tables are memory the process costs, all resident and its own, so they count as VMMap counts them: in five columns alike.</summary>
    void AddPageTables(Snapshot snapshot)
    {
        if (snapshot.PageTables is not { } tables)
            return;
        ref var row = ref _rows[(int)MemoryType.PageTable];
        foreach (var measure in (ReadOnlySpan<Measure>)[Measure.Size, Measure.Committed, Measure.Private, Measure.TotalWs, Measure.PrivateWs])
        {
            // A measure the target did not tell of its mappings is absent from the total too, which these bytes alone would misstate.
            if (snapshot.Has(measure))
                row.Measures.Set(measure, tables.Bytes);
        }
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
