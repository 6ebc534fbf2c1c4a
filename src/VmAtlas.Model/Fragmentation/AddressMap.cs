namespace VmAtlas.Model;

/// <summary>The address space, or a window of it, as a strip of at most so many cells with long stretches of nothing folded.</summary>
/// <remarks>
/// <para>All cells but the folded ones stand for the same number of bytes, so lengths compare. A stretch is folded when it is longer
/// than a cell: gaps, and reserved blocks with nothing committed and nothing resident. What is shorter is drawn within its cell.</para>
/// <para>The bytes of a cell are nearly the smallest number with which all fits, in whole pages: found by doubling, then by halving
/// the step.</para>
/// </remarks>
public sealed class AddressMap
{
    const ulong Page = 4096;

    AddressMap(MapCell[] cells, ulong cellBytes) => (Cells, CellBytes) = (cells, cellBytes);

    /// <summary>Cells in order of address, without holes between them.</summary>
    public IReadOnlyList<MapCell> Cells { get; }

    /// <summary>Bytes of a cell that is not folded; the last one before a fold may be shorter.</summary>
    public ulong CellBytes { get; }

    /// <summary>The whole user address space, and what lies above it.</summary>
    public static AddressMap Of(Snapshot snapshot, int cells)
    {
        var end = snapshot.Blocks.Count > 0 ? Math.Max(snapshot.Layout.End.Value, snapshot.Blocks.Ends[^1]) : snapshot.Layout.End.Value;
        return Of(snapshot, AddressRange.Of(0, end), cells);
    }

    /// <param name="window">The part to draw.</param>
    /// <param name="cells">The most cells there may be; at least one.</param>
    public static AddressMap Of(Snapshot snapshot, AddressRange window, int cells)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cells);
        var stretches = MapStretches.Of(snapshot, window);
        if (stretches.Count == 0)
            return new AddressMap([], Page);
        var cellBytes = SmallestCell(stretches, cells);
        return new AddressMap(Draw(stretches, cellBytes), cellBytes);
    }

    static ulong SmallestCell(List<MapStretch> stretches, int cells)
    {
        var high = Page;
        while (high < ulong.MaxValue && Count(stretches, high, cells) > cells)
            high = high <= ulong.MaxValue / 2 ? high * 2 : ulong.MaxValue;
        var low = high / 2;
        while (high - low > Page && high - low > high / 64)
        {
            var middle = low + ((high - low) / 2 / Page * Page);
            if (Count(stretches, middle, cells) <= cells)
                high = middle;
            else
                low = middle;
        }
        return high;
    }

    /// <summary>How many cells there would be; stops counting where there are too many.</summary>
    static long Count(List<MapStretch> stretches, ulong cellBytes, int enough)
    {
        var (count, run) = (0L, 0UL);
        foreach (var stretch in stretches)
        {
            if (!stretch.FoldsAt(cellBytes))
            {
                run += stretch.Size;
                continue;
            }
            count += CellsOf(run) + 1;
            run = 0;
            if (count > enough)
                return count;
        }
        return count + CellsOf(run);

        long CellsOf(ulong bytes) => (long)((bytes / cellBytes) + (bytes % cellBytes == 0 ? 0UL : 1UL));
    }

    static MapCell[] Draw(List<MapStretch> stretches, ulong cellBytes)
    {
        var pen = new MapPen(cellBytes);
        foreach (var stretch in stretches)
        {
            if (stretch.FoldsAt(cellBytes))
                pen.Fold(stretch);
            else
                pen.Add(stretch);
        }
        return pen.End();
    }
}
