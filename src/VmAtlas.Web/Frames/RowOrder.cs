using VmAtlas.Model;

namespace VmAtlas.Web.Frames;

/// <summary>The rows of a snapshot as the page has them: regions and gaps in order of address, each region followed by its blocks.</summary>
/// <remarks>A region of a single block has no row for it: the two would say the same.</remarks>
sealed class RowOrder
{
    readonly int[] _sources;
    readonly RowKind[] _kinds;
    readonly int[] _parents;

    RowOrder(int count) => (_sources, _kinds, _parents) = (new int[count], new RowKind[count], new int[count]);

    public int Count => _sources.Length;

    /// <summary>Number of the region, block or gap that each row shows.</summary>
    public ReadOnlySpan<int> Sources => _sources;

    public ReadOnlySpan<RowKind> Kinds => _kinds;

    /// <summary>The row of each block's region; -1 for regions and gaps.</summary>
    public ReadOnlySpan<int> Parents => _parents;

    public static RowOrder Of(Snapshot snapshot)
    {
        var (regions, gaps) = (snapshot.Regions, snapshot.Gaps);
        var order = new RowOrder(regions.Count + gaps.Count + CountShownBlocks(snapshot));
        var (row, gap) = (0, 0);
        for (var r = 0; r < regions.Count; r++)
        {
            for (var start = snapshot.RegionAt(r).Start; gap < gaps.Count && gaps.Range(gap).Start < start; gap++)
                order.Set(row++, RowKind.Gap, gap, -1);
            var parent = row;
            order.Set(row++, RowKind.Region, r, -1);
            if (regions.FirstBlocks[r] == regions.LastBlocks[r])
                continue;
            foreach (var block in snapshot.RegionAt(r).Blocks)
                order.Set(row++, RowKind.Block, block.Index, parent);
        }
        for (; gap < gaps.Count; gap++)
            order.Set(row++, RowKind.Gap, gap, -1);
        return order;
    }

    static int CountShownBlocks(Snapshot snapshot)
    {
        var count = snapshot.Blocks.Count;
        for (var r = 0; r < snapshot.Regions.Count; r++)
            count -= snapshot.Regions.FirstBlocks[r] == snapshot.Regions.LastBlocks[r] ? 1 : 0;
        return count;
    }

    void Set(int row, RowKind kind, int source, int parent) => (_kinds[row], _sources[row], _parents[row]) = (kind, source, parent);
}

/// <summary>What one row of the page shows.</summary>
enum RowKind : byte
{
    Region,
    Block,
    Gap,
}
