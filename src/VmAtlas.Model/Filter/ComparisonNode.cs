namespace VmAtlas.Model;

/// <summary>The comparison of one column with a value.</summary>
/// <remarks>
/// A column that only blocks have is compared block by block, and a region fits when one of its blocks does. <c>a != b</c> is
/// the opposite of <c>a = b</c>, so it finds the regions none of whose blocks fits. Where the column is absent nothing fits.
/// </remarks>
abstract class ComparisonNode(Column column, bool negated) : FilterNode
{
    public sealed override bool[] Evaluate(SnapshotRows rows)
    {
        if (!column.IsKnown(rows.Snapshot))
            return new bool[rows.Count];
        var fits = column.OfBlocks && rows.Level == RowLevel.Region ? AnyBlock(rows.Snapshot) : new bool[rows.Count];
        if (!column.OfBlocks || rows.Level == RowLevel.Block)
            Fill(rows, fits);
        if (negated)
        {
            foreach (ref var fit in fits.AsSpan())
                fit = !fit;
        }
        return fits;
    }

    /// <summary>Says of every row whether the comparison, not negated, is true; the array is all false.</summary>
    protected abstract void Fill(SnapshotRows rows, bool[] fits);

    bool[] AnyBlock(Snapshot snapshot)
    {
        var blocks = new SnapshotRows(snapshot, RowLevel.Block);
        var ofBlocks = new bool[blocks.Count];
        Fill(blocks, ofBlocks);
        var fits = new bool[snapshot.Regions.Count];
        for (var i = 0; i < ofBlocks.Length; i++)
            fits[blocks.RegionOf(i)] |= ofBlocks[i];
        return fits;
    }
}

/// <summary>Numbers between two bounds, both included; a bound may be a part of the snapshot's total.</summary>
sealed class NumberNode(NumberColumn column, NumberRange range, bool negated) : ComparisonNode(column, negated)
{
    protected override void Fill(SnapshotRows rows, bool[] fits)
    {
        var (low, high) = range.Of(column, rows.Snapshot);
        var values = column.GetAll(rows);
        for (var i = 0; i < values.Length; i++)
            fits[i] = values[i] >= low && values[i] <= high;
    }
}

/// <summary>One of several numbers.</summary>
sealed class NumberListNode(NumberColumn column, HashSet<ulong> list, bool negated) : ComparisonNode(column, negated)
{
    protected override void Fill(SnapshotRows rows, bool[] fits)
    {
        var values = column.GetAll(rows);
        for (var i = 0; i < values.Length; i++)
            fits[i] = list.Contains(values[i]);
    }
}

/// <summary>Sets that have some bits and have not others.</summary>
sealed class SetNode(SetColumn column, SetPattern[] patterns, bool negated) : ComparisonNode(column, negated)
{
    protected override void Fill(SnapshotRows rows, bool[] fits)
    {
        var sets = column.GetAll(rows);
        foreach (var pattern in patterns)
        {
            for (var i = 0; i < sets.Length; i++)
                fits[i] |= pattern.Fits(sets[i]);
        }
    }
}

/// <summary>Texts; each distinct one is looked at once.</summary>
sealed class TextNode(TextColumn column, Func<string, bool> fit, bool negated) : ComparisonNode(column, negated)
{
    const byte Unknown = 0, No = 1, Yes = 2;

    protected override void Fill(SnapshotRows rows, bool[] fits)
    {
        var answers = new byte[column.Codes(rows.Snapshot)];
        for (var i = 0; i < fits.Length; i++)
        {
            var code = column.Code(rows, i);
            if (answers[code] == Unknown)
                answers[code] = fit(column.TextOf(rows.Snapshot, code)) ? Yes : No;
            fits[i] = answers[code] == Yes;
        }
    }
}

/// <summary>A named fact of regions. A region without it fits no comparison, and with several of the name one is enough.</summary>
sealed class FactNode(string name, Func<string, bool> fit, bool negated) : FilterNode
{
    public override bool[] Evaluate(SnapshotRows rows)
    {
        var snapshot = rows.Snapshot;
        var ofRegions = new bool[snapshot.Regions.Count];
        foreach (var fact in snapshot.Regions.Facts)
        {
            if (Names.Same(name, snapshot.Strings[fact.Key]) && fit(snapshot.Strings[fact.Value]) != negated)
                ofRegions[fact.Region] = true;
        }
        if (rows.Level == RowLevel.Region)
            return ofRegions;
        var fits = new bool[rows.Count];
        for (var i = 0; i < fits.Length; i++)
            fits[i] = ofRegions[rows.RegionOf(i)];
        return fits;
    }
}
