using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Formats.Frame;

/// <summary>The rows of a frame in the order of the details tree: each region (and, where asked for, gap) by address, its blocks behind it.</summary>
/// <remarks>A region of one block is one row that speaks for both, as in VMMap's window: most regions are such, and rows are what a frame costs.</remarks>
sealed class FrameRows
{
    readonly List<FrameRow> _rows;

    public FrameRows(Snapshot snapshot, bool gaps)
    {
        var (regions, gapCount) = (snapshot.Regions, gaps ? snapshot.Gaps.Count : 0);
        _rows = new List<FrameRow>(Math.Max(regions.Count, snapshot.Blocks.Count) + gapCount);
        var gap = 0;
        for (var r = 0; r < regions.Count; r++)
        {
            var start = snapshot.Blocks.Starts[regions.FirstBlocks[r]];
            while (gap < gapCount && snapshot.Gaps.Range(gap).Start.Value < start)
                _rows.Add(FrameRow.OfGap(gap++));
            AddRegion(snapshot, r);
        }
        while (gap < gapCount)
            _rows.Add(FrameRow.OfGap(gap++));
    }

    public int Count => _rows.Count;

    public FrameRow this[int row] => _rows[row];

    public ReadOnlySpan<FrameRow> All => CollectionsMarshal.AsSpan(_rows);

    void AddRegion(Snapshot snapshot, int region)
    {
        var (first, last) = (snapshot.Regions.FirstBlocks[region], snapshot.Regions.LastBlocks[region]);
        if (first == last)
        {
            _rows.Add(new FrameRow(region, first, Gap: -1, Parent: -1, Children: 0));
            return;
        }
        var parent = _rows.Count;
        _rows.Add(default);
        foreach (var block in snapshot.RegionAt(region).Blocks)
            _rows.Add(new FrameRow(region, block.Index, Gap: -1, parent, Children: 0));
        _rows[parent] = new FrameRow(region, Block: -1, Gap: -1, Parent: -1, _rows.Count - parent - 1);
    }
}

/// <param name="Block">The block the row shows; -1 for a region of several and for a gap.</param>
/// <param name="Gap">Number in the snapshot's gaps; -1 for the others.</param>
/// <param name="Parent">Row of the region a block belongs to; -1 for rows of the top level.</param>
/// <param name="Children">Block rows that follow.</param>
readonly record struct FrameRow(int Region, int Block, int Gap, int Parent, int Children)
{
    public static FrameRow OfGap(int gap) => new(Region: -1, Block: -1, gap, Parent: -1, Children: 0);

    public bool IsGap => Gap >= 0;

    public bool IsBlock => Parent >= 0;
}
