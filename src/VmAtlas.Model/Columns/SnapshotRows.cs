namespace VmAtlas.Model;

/// <summary>Which rows of a snapshot are meant.</summary>
public enum RowLevel : byte
{
    Region,
    Block,
}

/// <summary>All regions, or all blocks, of one snapshot: what columns are read from, filters run over and sorting orders.</summary>
public readonly record struct SnapshotRows(Snapshot Snapshot, RowLevel Level)
{
    public int Count => Level == RowLevel.Region ? Snapshot.Regions.Count : Snapshot.Blocks.Count;

    /// <summary>The region of a row: itself, or the one a block belongs to.</summary>
    public int RegionOf(int row) => Level == RowLevel.Region ? row : Snapshot.Blocks.Regions[row];

    /// <summary>The block of a row: itself, or a region's first.</summary>
    public int BlockOf(int row) => Level == RowLevel.Block ? row : Snapshot.Regions.FirstBlocks[row];

    /// <summary>One measure of every row, in one pass over the blocks; all zero where the measure is absent.</summary>
    public ulong[] Values(Measure measure)
    {
        var blocks = Snapshot.Blocks;
        if (blocks.IsZero(measure))
            return new ulong[Count];
        var ofBlocks = new ulong[blocks.Count];
        blocks.CopyTo(measure, ofBlocks);
        return Level == RowLevel.Block ? ofBlocks : Sum(ofBlocks);
    }

    ulong[] Sum(ulong[] ofBlocks)
    {
        var sums = new ulong[Count];
        var regions = Snapshot.Blocks.Regions;
        for (var i = 0; i < ofBlocks.Length; i++)
            sums[regions[i]] = checked(sums[regions[i]] + ofBlocks[i]);
        return sums;
    }
}
