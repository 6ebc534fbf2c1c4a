using System.Diagnostics;
using VmAtlas.Capture;
using VmAtlas.Capture.Linux;

namespace VmAtlas.Model.Tests;

/// <summary>Against the kernel: a process that sleeps and is stopped, so that what is read twice is the same twice.</summary>
public sealed class LiveReconciliationTests
{
    [Fact]
    public void No_counter_of_a_sleeping_process_differs_without_a_cause()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc");
        using var sleeper = Process.Start(new ProcessStartInfo("sleep", ["60"]))!;
        try
        {
            WaitUntilAsleep(sleeper.Id);
            using var target = new LinuxTarget(sleeper.Id);
            var lines = Reconciliation.Of(WithRollup(new CapturePipeline(target, []).Capture(), sleeper.Id));
            lines.Count.ShouldBeGreaterThan(20);
            lines.Where(l => l.Agreement == Agreement.Differs).Select(l => $"{l.Counter} {l.Counted}, {l.What} {l.Ours}").ShouldBeEmpty();
            lines.ShouldContain(l => l.Counter == "rollup.Rss" && l.Agreement == Agreement.Equal);
        }
        finally
        {
            sleeper.Kill();
        }
    }

    static void WaitUntilAsleep(int pid)
    {
        for (var n = 0; n < 500 && !(File.ReadAllText($"/proc/{pid}/wchan").Contains("nanosleep") && File.ReadAllText($"/proc/{pid}/comm") == "sleep\n"); n++)
            Thread.Sleep(10);
    }

    /// <summary>The snapshot with every field of smaps_rollup as a counter, whether or not the reader takes them.</summary>
    static Snapshot WithRollup(Snapshot snapshot, int pid)
    {
        var counters = new Dictionary<string, ulong>(snapshot.Counters);
        foreach (var line in File.ReadLines($"/proc/{pid}/smaps_rollup").Where(l => l.EndsWith(" kB", StringComparison.Ordinal)))
        {
            var parts = line.Split([':', ' '], StringSplitOptions.RemoveEmptyEntries);
            counters[$"rollup.{parts[0]}"] = ulong.Parse(parts[1]) * 1024;
        }
        return new Snapshot
        {
            Process = snapshot.Process, System = snapshot.System, TakenAt = snapshot.TakenAt, Layout = snapshot.Layout, Strings = snapshot.Strings,
            Blocks = snapshot.Blocks, Regions = snapshot.Regions, PageTables = snapshot.PageTables, Counters = counters,
        };
    }
}
