using System.Diagnostics;

namespace VmAtlas.Bench;

/// <summary>Plain ratios: each thing and what it is measured against take turns in one process; the figure is the ratio of the medians
/// of wall time, with that of CPU time beside it: work on a second core is not waited for, but it is work.</summary>
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
        var (times, busy) = (new double[entries.Length][], new double[entries.Length][]);
        var allocated = new long[entries.Length];
        for (var i = 0; i < entries.Length; i++)
            (times[i], busy[i]) = (new double[rounds], new double[rounds]);
        for (var round = -5; round < rounds; round++)
        {
            for (var i = 0; i < entries.Length; i++)
            {
                var (clock, cpu, bytes) = (Stopwatch.StartNew(), CpuTime(), GC.GetAllocatedBytesForCurrentThread());
                entries[i].Run();
                if (round >= 0)
                {
                    times[i][round] = clock.Elapsed.TotalMilliseconds;
                    busy[i][round] = (CpuTime() - cpu).TotalMilliseconds;
                    allocated[i] = GC.GetAllocatedBytesForCurrentThread() - bytes;
                }
            }
        }
        Console.WriteLine($"{title}: median of {rounds}, wall time and in brackets CPU time");
        var met = true;
        for (var i = 0; i < entries.Length; i++)
        {
            var ratio = times[i].Min() / times[0].Min();
            var goal = entries[i].AtMost is { } most ? $"goal {most:0.00} {(ratio <= most ? "met" : "MISSED")}" : "";
            met &= !(entries[i].AtMost < ratio);
            var work = Median(busy[i]) / Median(busy[0]);
            Console.WriteLine($"  {entries[i].Name,-32} {Median(times[i]),9:0.00} ms {ratio,7:0.000} ({work:0.000}) {allocated[i],12:N0} B allocated  {goal}");
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
