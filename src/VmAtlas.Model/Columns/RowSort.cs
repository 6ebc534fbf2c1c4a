namespace VmAtlas.Model;

/// <summary>Orders rows by a column. Stable: rows with equal values stay in the order they were in, so a second key is sorted by first.</summary>
public static class RowSort
{
    const int DigitBits = 11;
    const int Digits = 1 << DigitBits;

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
        return Radix(keys, chosen.ToArray());
    }

    /// <summary>The first <paramref name="count"/> of what <see cref="By(SnapshotRows, Column, bool, ReadOnlySpan{int})"/> gives.</summary>
    public static int[] Top(SnapshotRows rows, Column column, bool descending, ReadOnlySpan<int> chosen, int count)
    {
        var sorted = By(rows, column, descending, chosen);
        return sorted.Length <= count ? sorted : sorted[..count];
    }

    /// <summary>Least significant digit first, six digits of eleven bits; digits that are equal in all keys cost one look.</summary>
    static int[] Radix(ulong[] keys, int[] items)
    {
        var (otherKeys, otherItems) = (new ulong[keys.Length], new int[items.Length]);
        var starts = new int[Digits];
        for (var shift = 0; shift < 64; shift += DigitBits)
        {
            Array.Clear(starts);
            foreach (var key in keys)
                starts[key >> shift & (Digits - 1)]++;
            if (keys.Length == 0 || starts[keys[0] >> shift & (Digits - 1)] == keys.Length)
                continue;
            var at = 0;
            for (var d = 0; d < Digits; d++)
                (starts[d], at) = (at, at + starts[d]);
            for (var i = 0; i < keys.Length; i++)
            {
                var to = starts[keys[i] >> shift & (Digits - 1)]++;
                (otherKeys[to], otherItems[to]) = (keys[i], items[i]);
            }
            (keys, otherKeys, items, otherItems) = (otherKeys, keys, otherItems, items);
        }
        return items;
    }
}
