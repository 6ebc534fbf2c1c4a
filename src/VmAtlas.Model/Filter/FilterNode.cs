namespace VmAtlas.Model;

/// <summary>A part of a filter: it says of every row of a snapshot whether it fits.</summary>
abstract class FilterNode
{
    /// <summary>A new array, which the caller may change.</summary>
    public abstract bool[] Evaluate(SnapshotRows rows);
}

sealed class AndNode(FilterNode left, FilterNode right) : FilterNode
{
    public override bool[] Evaluate(SnapshotRows rows)
    {
        var (a, b) = (left.Evaluate(rows), right.Evaluate(rows));
        for (var i = 0; i < a.Length; i++)
            a[i] &= b[i];
        return a;
    }
}

sealed class OrNode(FilterNode left, FilterNode right) : FilterNode
{
    public override bool[] Evaluate(SnapshotRows rows)
    {
        var (a, b) = (left.Evaluate(rows), right.Evaluate(rows));
        for (var i = 0; i < a.Length; i++)
            a[i] |= b[i];
        return a;
    }
}

sealed class NotNode(FilterNode inner) : FilterNode
{
    public override bool[] Evaluate(SnapshotRows rows)
    {
        var fits = inner.Evaluate(rows);
        foreach (ref var fit in fits.AsSpan())
            fit = !fit;
        return fits;
    }
}

/// <summary>The row that holds an address: its block, or the region of its block.</summary>
sealed class AtNode(Address address) : FilterNode
{
    public override bool[] Evaluate(SnapshotRows rows)
    {
        var fits = new bool[rows.Count];
        var block = rows.Snapshot.Blocks.IndexOf(address);
        if (block >= 0)
            fits[rows.Level == RowLevel.Block ? block : rows.Snapshot.Blocks.Regions[block]] = true;
        return fits;
    }
}
