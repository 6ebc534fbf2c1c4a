namespace VmAtlas.Model.Tracing;

/// <summary>How much more a call site held at one time than at another, and how steadily it came to that.</summary>
/// <param name="Row">In the store's <see cref="TraceStore.Sites"/>.</param>
/// <param name="Steadiness">From 0 to 1: the share of equal parts of the time in which it grew, less those in which it shrank. A leak in a loop is near 1;
/// what is built once and kept is near 0, and so is what comes and goes. Wrong for a leak that is rarer than a part, and for a cache that still fills.</param>
public readonly record struct SiteGrowth(int Row, long Before, long After, double Steadiness)
{
    /// <summary>Parts the time is divided into, where the series has as many moments.</summary>
    const int Parts = 16;

    const double Steady = 0.5;

    public long Grown => After - Before;

    /// <summary>Grew in more than half of the parts.</summary>
    public bool IsSteady => Steadiness >= Steady;

    /// <summary>The sites that grew between two times: the steady ones first, then by what they grew.</summary>
    /// <param name="from">Nanoseconds since the trace began; 0 or less for nothing at all.</param>
    public static IReadOnlyList<SiteGrowth> Between(TraceStore store, long from, long to)
    {
        var times = PartsOf(store.Series.Times, from, to);
        var rows = store.Sites.Count;
        var (before, last, score) = (new long[rows], new long[rows], new int[rows]);
        var n = 0;
        foreach (var live in store.Series.At(times, rows))
        {
            for (var row = 0; row < rows && n > 0; row++)
                score[row] += live[row].CompareTo(last[row]);
            live.CopyTo(last, 0);
            if (n++ == 0)
                live.CopyTo(before, 0);
        }
        var parts = Math.Max(1, times.Count - 1);
        return [.. Enumerable.Range(0, rows)
            .Where(row => last[row] > before[row])
            .Select(row => new SiteGrowth(row, before[row], last[row], Math.Max(0, (double)score[row] / parts)))
            .OrderByDescending(g => g.IsSteady).ThenByDescending(g => g.Grown).ThenBy(g => g.Row)];
    }

    /// <summary>The times at which to look: as many as there are moments, at most 17, the first and last included.</summary>
    static List<long> PartsOf(IReadOnlyList<long> moments, long from, long to)
    {
        var within = moments.Where(m => m > from && m <= to).ToList();
        var times = new List<long> { from };
        for (var part = 1; part <= Parts; part++)
        {
            var due = from + (long)((double)(to - from) * part / Parts);
            var i = within.FindLastIndex(m => m <= due);
            if (i >= 0 && within[i] > times[^1])
                times.Add(within[i]);
        }
        return times;
    }
}
