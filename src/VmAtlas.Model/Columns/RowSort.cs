namespace VmAtlas.Model;

/// <summary>Orders rows by a column. Stable: rows with equal values stay in the order they were in, so the less important
/// of two columns is sorted by first.</summary>
public static class RowSort
{
    /// <summary>All rows in order of a column.</summary>
    public static int[] By(SnapshotRows rows, Column column, bool descending = false)
    {
        var all = new int[rows.Count];
        for (var i = 0; i < all.Length; i++)
            all[i] = i;
        return By(rows, column, descending, all);
    }

    /// <summary>Some rows (those a filter chose) in order of a column.</summary>
    public static int[] By(SnapshotRows rows, Column column, bool descending, ReadOnlySpan<int> chosen)
    {
        var all = column.SortKeys(rows);
        var keys = new ulong[chosen.Length];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = descending ? ~all[chosen[i]] : all[chosen[i]];
        return RadixSort.Sort(keys, chosen.ToArray());
    }

    /// <summary>The first <paramref name="count"/> of what <see cref="By(SnapshotRows, Column, bool, ReadOnlySpan{int})"/> gives.</summary>
    public static int[] Top(SnapshotRows rows, Column column, bool descending, ReadOnlySpan<int> chosen, int count)
    {
        var sorted = By(rows, column, descending, chosen);
        return sorted.Length <= count ? sorted : sorted[..count];
    }
}
