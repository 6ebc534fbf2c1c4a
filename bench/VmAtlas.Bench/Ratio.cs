namespace VmAtlas.Bench;

/// <summary>Plain ratios: each thing and what it is measured against take turns in one process; the figure is the ratio of the medians
/// of CPU time. Other load on the machine then hits both alike.</summary>
static class Ratio
{
    /// <summary>One thing to measure and its goal against the first of its list.</summary>
    public sealed record Entry(string Name, Action Run, double? AtMost = null);

    public static int Run(string[] sizes)
    {
        var ok = true;
        foreach (var size in sizes.Length == 0 ? ["240", "65000", "500000"] : sizes)
            ok &= ReaderRatios.Run(int.Parse(size));
        return ok ? 0 : 1;
    }

    /// <summary>Measures in turns, prints one line each and says whether all goals were met.</summary>
    public static bool Compare(string title, int rounds, params ReadOnlySpan<Entry> entries)
    {
        var times = new double[entries.Length][];
        var allocated = new long[entries.Length];
        for (var i = 0; i < entries.Length; i++)
            times[i] = new double[rounds];
        for (var round = -5; round < rounds; round++)
        {
            for (var i = 0; i < entries.Length; i++)
            {
                var (cpu, bytes) = (CpuTime(), GC.GetAllocatedBytesForCurrentThread());
                entries[i].Run();
                if (round >= 0)
                {
                    times[i][round] = (CpuTime() - cpu).TotalMilliseconds;
                    allocated[i] = GC.GetAllocatedBytesForCurrentThread() - bytes;
                }
            }
        }
        Console.WriteLine($"{title}: median of {rounds}, CPU time");
        var met = true;
        for (var i = 0; i < entries.Length; i++)
        {
            var ratio = Median(times[i]) / Median(times[0]);
            var goal = entries[i].AtMost is { } most ? $"goal {most:0.00} {(ratio <= most ? "met" : "MISSED")}" : "";
            met &= !(entries[i].AtMost < ratio);
            Console.WriteLine($"  {entries[i].Name,-32} {Median(times[i]),9:0.00} ms {ratio,7:0.000} {allocated[i],12:N0} B allocated  {goal}");
        }
        return met;
    }

    static TimeSpan CpuTime() => Environment.CpuUsage.TotalTime;

    static double Median(double[] values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
