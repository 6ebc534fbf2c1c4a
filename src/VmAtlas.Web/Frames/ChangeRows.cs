using VmAtlas.Model;

namespace VmAtlas.Web.Frames;

/// <summary>One row of a difference: a region of either snapshot, or a block of one.</summary>
/// <param name="Change">Number in the difference's regions; of a block, that of its region.</param>
/// <param name="Before">The block in the earlier snapshot, -1 where it has none. Of a region -1.</param>
/// <param name="After">The same in the later snapshot.</param>
/// <param name="Parent">Row of a block's region; -1 for a region.</param>
/// <param name="Children">Block rows that follow.</param>
readonly record struct ChangeRow(int Change, int Before, int After, int Parent, int Children)
{
    public bool IsBlock => Parent >= 0;
}

/// <summary>The rows of a difference in the order of the details tree: each region, and behind it its blocks where they tell more than it.</summary>
/// <remarks>
/// Blocks of one region are paired by where they begin: the address within one process, else the distance from the region's start.
/// A region none of whose blocks changed is a row alone, so a difference of two large snapshots stays small.
/// </remarks>
sealed class ChangeRows
{
    readonly SnapshotDiff _diff;
    readonly List<(int Change, int Before, int After)> _pairs = [];
    readonly bool[] _differs;

    ChangeRows(SnapshotDiff diff)
    {
        _diff = diff;
        for (var i = 0; i < diff.Regions.Count; i++)
            Pair(i);
        _differs = FindDifferences();
    }

    public static ChangeRow[] Of(SnapshotDiff diff) => new ChangeRows(diff).Rows();

    void Pair(int change)
    {
        var (before, after) = _diff.Regions[change];
        var (old, now) = (Starts(_diff.Before, before), Starts(_diff.After, after));
        if (old.Count <= 1 && now.Count <= 1)
            return;
        var (i, j) = (0, 0);
        while (i < old.Count || j < now.Count)
        {
            var (a, b) = (i < old.Count ? old[i].Key : ulong.MaxValue, j < now.Count ? now[j].Key : ulong.MaxValue);
            _pairs.Add((change, a <= b ? old[i].Block : -1, b <= a ? now[j].Block : -1));
            (i, j) = (a <= b ? i + 1 : i, b <= a ? j + 1 : j);
        }
    }

    List<(ulong Key, int Block)> Starts(Snapshot snapshot, int region)
    {
        var starts = new List<(ulong, int)>();
        if (region < 0)
            return starts;
        var origin = _diff.SameProcess ? 0 : snapshot.RegionAt(region).Start.Value;
        foreach (var block in snapshot.RegionAt(region).Blocks)
            starts.Add((block.Range.Start.Value - origin, block.Index));
        return starts;
    }

    /// <summary>One pass a measure, so that two columns at a time are held.</summary>
    bool[] FindDifferences()
    {
        var differs = new bool[_pairs.Count];
        Compare(differs, r => Columns.Protection.GetAll(r));
        for (var m = 0; m < Measures.Count && _pairs.Count > 0; m++)
        {
            var measure = (Measure)m;
            if (_diff.Has(measure))
                Compare(differs, r => r.Values(measure));
        }
        return differs;
    }

    void Compare(bool[] differs, Func<SnapshotRows, ulong[]> column)
    {
        var (before, after) = (column(new(_diff.Before, RowLevel.Block)), column(new(_diff.After, RowLevel.Block)));
        for (var i = 0; i < differs.Length; i++)
        {
            var (_, b, a) = _pairs[i];
            differs[i] |= b < 0 || a < 0 || before[b] != after[a];
        }
    }

    ChangeRow[] Rows()
    {
        var rows = new List<ChangeRow>(_diff.Regions.Count);
        var next = 0;
        for (var change = 0; change < _diff.Regions.Count; change++)
        {
            var (first, any) = (next, false);
            for (; next < _pairs.Count && _pairs[next].Change == change; next++)
                any |= _differs[next];
            var parent = rows.Count;
            rows.Add(new ChangeRow(change, -1, -1, -1, any ? next - first : 0));
            for (var i = first; i < next && any; i++)
                rows.Add(new ChangeRow(change, _pairs[i].Before, _pairs[i].After, parent, 0));
        }
        return [.. rows];
    }
}
