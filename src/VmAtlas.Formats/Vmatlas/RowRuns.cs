namespace VmAtlas.Formats.Vmatlas;

/// <summary>How the rows of one table became those of the next: so many kept, so many of the old removed, so many new inserted, and again.</summary>
readonly record struct RowRun(int Kept, int Removed, int Inserted);

static class RowRuns
{
    /// <summary>Compares by key. Keys that ascend in both are merged; others are the same list or a wholly new one.</summary>
    /// <remarks>Rows kept after the last run are not in the list, so that equal tables give an empty one.</remarks>
    public static void Compare(ReadOnlySpan<ulong> old, ReadOnlySpan<ulong> now, List<RowRun> runs)
    {
        runs.Clear();
        if (old.SequenceEqual(now))
            return;
        if (!Ascends(old) || !Ascends(now))
        {
            runs.Add(new RowRun(0, old.Length, now.Length));
            return;
        }
        var (o, n) = (0, 0);
        while (o < old.Length || n < now.Length)
        {
            var begin = o;
            while (o < old.Length && n < now.Length && old[o] == now[n])
                (o, n) = (o + 1, n + 1);
            var kept = o - begin;
            var (firstOld, firstNew) = (o, n);
            while (o < old.Length && (n == now.Length || old[o] < now[n]))
                o++;
            while (n < now.Length && (o == old.Length || now[n] < old[o]))
                n++;
            if (o > firstOld || n > firstNew)
                runs.Add(new RowRun(kept, o - firstOld, n - firstNew));
        }
    }

    static bool Ascends(ReadOnlySpan<ulong> keys)
    {
        for (var i = 1; i < keys.Length; i++)
        {
            if (keys[i] <= keys[i - 1])
                return false;
        }
        return true;
    }
}
