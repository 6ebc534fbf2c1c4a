using VmAtlas.Model.Tracing;

namespace VmAtlas.Web.Traces;

/// <summary>What was allocated and not given back, at given moments: the line that the chart of the memory types carries.</summary>
static class TracedBytes
{
    /// <param name="pid">Of the process whose chart it is; what it started has traces of its own.</param>
    /// <param name="times">Rising.</param>
    /// <returns>NaN where nobody traced, or where nobody tells what is live.</returns>
    public static double[] At(TargetTraces traces, int pid, IReadOnlyList<DateTimeOffset> times)
    {
        var bytes = new double[times.Count];
        Array.Fill(bytes, double.NaN);
        traces.LookAtAll(program =>
        {
            if (program.Store.Process.Pid == pid && !program.Store.HasOnlyTotals)
                Fill(program.Store, times, bytes);
        });
        return bytes;
    }

    static void Fill(TraceStore store, IReadOnlyList<DateTimeOffset> times, double[] bytes)
    {
        var traced = new List<(int Index, long Time)>();
        for (var i = 0; i < times.Count; i++)
        {
            var time = (times[i] - store.Process.Began).Ticks * 100;
            if (time >= 0 && (store.Ending is null || time <= store.Totals.Time))
                traced.Add((i, time));
        }
        var next = 0;
        foreach (var live in store.Series.At(traced.Select(t => t.Time), store.Sites.Count))
            bytes[traced[next++].Index] = live.Sum();
    }
}
