namespace VmAtlas.Model.Tests;

/// <summary>Our totals against the kernel's own.</summary>
public sealed class LiveReconciliationTests
{
    [Fact]
    public void No_counter_of_a_sleeping_process_differs_without_a_cause()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc");
        using var sleeper = new Sleeper();
        var lines = Reconciliation.Of(WithRollup(sleeper.Capture(), sleeper.Pid));
        lines.Count.ShouldBeGreaterThan(20);
        lines.Where(l => l.Agreement == Agreement.Differs).Select(l => $"{l.Counter} {l.Counted}, {l.What} {l.Ours}").ShouldBeEmpty();
        lines.ShouldContain(l => l.Counter == "rollup.Rss" && l.Agreement == Agreement.Equal);
        lines.ShouldContain(l => l.Counter == "VmSize" && l.Agreement == Agreement.Equal);
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
