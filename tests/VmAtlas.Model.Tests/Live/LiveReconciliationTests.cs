namespace VmAtlas.Model.Tests;

/// <summary>Our totals against the kernel's own.</summary>
public sealed class LiveReconciliationTests
{
    [Fact]
    public void No_counter_of_a_sleeping_process_differs_without_a_cause()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc");
        using var sleeper = new Sleeper();
        var lines = Reconciliation.Of(sleeper.Capture());
        lines.Count.ShouldBeGreaterThan(20);
        lines.Where(l => l.Agreement == Agreement.Differs).Select(l => $"{l.Counter} {l.Counted}, {l.What} {l.Ours}").ShouldBeEmpty();
        lines.ShouldContain(l => l.Counter == "rollup.Rss" && l.Agreement == Agreement.Equal);
        lines.ShouldContain(l => l.Counter == "VmSize" && l.Agreement == Agreement.Equal);
    }
}
