using VmAtlas.Model;

namespace VmAtlas.Formats.Import;

/// <summary>Makes the tables of a snapshot of foreign rows: blocks are the truth, because VMMap's own summary adds them up and not its regions.</summary>
/// <remarks>
/// Two things such files do not say are filled in: sizes below a KiB (a block that ends where VMMap cut it off mid-page ends where the next begins),
/// and which blocks begin a mapping (the first ones of each region, as many as it says: only their number means anything).
/// </remarks>
sealed class ImportedRegions(ImportProblems problems)
{
    /// <summary>Sizes are whole KiB, rounded down: so much may be missing of each.</summary>
    const ulong Rounding = 1024;

    readonly record struct Placed(ImportedRow Row, int Region, bool StartsMapping);

    readonly List<ImportedRow> _regions = [];
    readonly List<Placed> _blocks = [];
    readonly List<ImportedRow> _children = [];

    /// <summary>A region, or a block of the region before. Rows of Free and Unusable are passed over: they are what is left.</summary>
    public void Add(in ImportedRow row)
    {
        if (row.IsBlock && _regions.Count == 0)
            throw new InvalidDataException($"the block at {new Address(row.Address)} stands before the first region");
        if (row.IsBlock)
        {
            _children.Add(row);
            return;
        }
        EndRegion();
        _regions.Add(row);
    }

    public (BlockTable Blocks, RegionTable Regions) Build(StringTable strings, int reason)
    {
        EndRegion();
        _blocks.Sort((a, b) => a.Row.Address.CompareTo(b.Row.Address));
        var (blocks, regions) = (new BlockTable(_blocks.Count), new RegionTable());
        var numbers = new int[_regions.Count];
        Array.Fill(numbers, -1);
        foreach (var block in _blocks)
        {
            if (AddBlock(block, blocks, strings) is not (>= 0 and var row))
                continue;
            ref var number = ref numbers[block.Region];
            if (number < 0)
            {
                var region = _regions[block.Region];
                number = regions.Add(region.Type, region.Details, reason, 0);
                regions.SetSpan(number, row, row);
            }
            blocks.SetRegion(row, number);
            regions.SetSpan(number, regions.FirstBlocks[number], row);
        }
        return (blocks, regions);
    }

    void EndRegion()
    {
        if (_regions.Count == 0)
            return;
        var region = _regions[^1];
        if (region.Type <= MemoryType.PrivateData)
        {
            if (_children.Count == 0)
                _children.Add(region with { IsBlock = true });
            Complete(region);
            problems.Compare(region, _children);
            if (region.Mappings > _children.Count)
                problems.FewerBlocks(region, _children.Count);
            for (var i = 0; i < _children.Count; i++)
                _blocks.Add(new Placed(_children[i], _regions.Count - 1, i < region.Mappings));
        }
        _children.Clear();
    }

    /// <summary>Gives each block the bytes that rounding took: up to the next block, or to the region's end.</summary>
    void Complete(in ImportedRow region)
    {
        for (var i = 0; i < _children.Count; i++)
        {
            var row = _children[i];
            var end = i + 1 < _children.Count ? _children[i + 1].Address : unchecked(region.Address + region.Size);
            var whole = unchecked(end - row.Address);
            if (row.Size >= whole || whole - row.Size >= Rounding)
                continue;
            row.Committed = row.Committed == row.Size ? whole : row.Committed;
            row.Private = row.Private == row.Size ? whole : row.Private;
            row.Size = whole;
            _children[i] = row;
        }
    }

    int AddBlock(in Placed block, BlockTable blocks, StringTable strings)
    {
        var row = block.Row;
        var (start, end) = (row.Address, unchecked(row.Address + row.Size));
        var before = blocks.Count == 0 ? 0 : blocks.Ends[^1];
        if (end <= start || end <= before)
        {
            problems.Dropped(row);
            return -1;
        }
        if (start < before)
            problems.Overlaps(row);
        var index = blocks.Add(Math.Max(start, before), end);
        var region = _regions[block.Region];
        blocks.SetProtection(index, row.Protection);
        blocks.SetFacts(index, row.Facts | (block.StartsMapping ? BlockFlags.StartsMapping : 0) | (start < before ? BlockFlags.Clipped : 0));
        blocks.SetLabel(index, row.Details == region.Details ? 0 : row.Details);
        blocks.SetName(index, region.Type is MemoryType.Image or MemoryType.MappedFile ? region.Details : 0);
        SetMeasures(row, index, blocks);
        return index;
    }

    void SetMeasures(in ImportedRow row, int index, BlockTable blocks)
    {
        var totalWs = row.PrivateWs + row.ShareableWs;
        if (row.TotalWs != totalWs)
            problems.UnequalWorkingSet(row);
        blocks.Set(Measure.Committed, index, row.Committed);
        blocks.Set(Measure.Private, index, row.Private);
        blocks.Set(Measure.TotalWs, index, totalWs);
        blocks.Set(Measure.PrivateWs, index, row.PrivateWs);
        blocks.Set(Measure.SharedWs, index, row.SharedWs);
        blocks.Set(Measure.LockedWs, index, row.LockedWs);
    }
}
