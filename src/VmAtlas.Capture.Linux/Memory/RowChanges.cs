using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Memory;

/// <summary>Finds the rows whose pages are not as many as they were, by their pagemap words.</summary>
/// <remarks>
/// Small rows and dense ones are read by their words, neighbours with one call; large sparse ones by PAGEMAP_SCAN first. The words alone can not
/// tell the zero page from a page shared after fork (present, of no file, not exclusive): a row that seems changed is looked at
/// again with the scan, which can.
/// </remarks>
sealed class RowChanges(PageMap pages)
{
    const ulong SmallRow = 2 << 20;

    /// <summary>A row with at least this share of its pages resident is read whole.</summary>
    const ulong DenseShare = 16;

    int[] _changed = new int[64];
    int _count;
    ulong _horizon;

    /// <returns>False when the pages can not be looked at.</returns>
    public bool TryFind(BlockTable rows, out ReadOnlyMemory<int> changed)
    {
        (_count, _horizon) = (0, 0);
        changed = default;
        pages.Forget();
        for (var i = 0; i < rows.Count; i++)
        {
            if (!MayChange(rows, i))
                continue;
            if (!TryCompare(rows, i, out var isSame))
                return false;
            if (!isSame)
                Add(i);
        }
        changed = _changed.AsMemory(0, _count);
        return true;
    }

    /// <summary>What may not be accessed gets no pages without becoming another mapping; hugetlb and device pages are not counted.</summary>
    static bool MayChange(BlockTable rows, int row) =>
        (rows.Flags[row] & (VmFlags.HugeTlb | VmFlags.IoDevice | VmFlags.PfnMap)) == 0 && rows.Starts[row] < long.MaxValue
        && (rows.Protections[row].IsAccessible() || rows.Get(Measure.TotalWs, row) + rows.Get(Measure.Swap, row) > 0);

    bool TryCompare(BlockTable rows, int row, out bool isSame)
    {
        var (start, end, resident) = (rows.Starts[row], rows.Ends[row], rows.Get(Measure.TotalWs, row));
        isSame = false;
        if (end - start <= SmallRow || resident * DenseShare >= end - start)
        {
            if (end > _horizon)
                _horizon = Horizon(rows, row);
            if (!pages.TryTallyWords(start, end, _horizon, out var quick))
                return false;
            isSame = IsSame(rows, row, quick);
        }
        if (isSame)
            return true;
        if (!pages.TryTally(rows.Range(row), out var tally))
            return false;
        isSame = IsSame(rows, row, tally);
        return true;
    }

    /// <summary>How far to read ahead: as long as rows follow each other.</summary>
    static ulong Horizon(BlockTable rows, int row)
    {
        var starts = rows.Starts;
        var ends = rows.Ends;
        var limit = Math.Min(starts.Length, row + 8192);
        var next = row + 1;
        while (next < limit && starts[next] - ends[next - 1] <= PageMap.JoinPages * 4096 && ends[next] - starts[row] <= 32 << 20)
            next++;
        return ends[next - 1];
    }

    static bool IsSame(BlockTable rows, int row, in PageTally tally) =>
        tally.Resident == rows.Get(Measure.TotalWs, row) && tally.Exclusive == rows.Get(Measure.Uss, row)
        && tally.Anonymous == rows.Get(Measure.Anonymous, row)
        && (rows.Protections[row].IsShared() || tally.Swapped == rows.Get(Measure.Swap, row));

    void Add(int row)
    {
        if (_count == _changed.Length)
            Array.Resize(ref _changed, _count * 2);
        _changed[_count++] = row;
    }
}
