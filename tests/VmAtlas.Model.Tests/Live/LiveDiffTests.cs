namespace VmAtlas.Model.Tests;

/// <summary>Differences of real processes.</summary>
public sealed class LiveDiffTests
{
    [Fact]
    public void Two_runs_of_a_program_have_the_same_regions_elsewhere()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc");
        using Sleeper first = new(), second = new();
        var (before, after) = (first.Capture(), second.Capture());
        var diff = SnapshotDiff.Between(before, after);
        diff.SameProcess.ShouldBeFalse();
        diff.Regions.Where(r => r.Before < 0 || r.After < 0)
            .Select(r => r.After >= 0 ? after.RegionAt(r.After) : before.RegionAt(r.Before)).Select(r => $"{r.Type} {r.Details}").ShouldBeEmpty();
        diff.Regions.ShouldContain(r => before.RegionAt(r.Before).Start != after.RegionAt(r.After).Start, "the system moves nothing: the test shows nothing");
        foreach (var (b, a) in diff.Regions.Select(r => (before.RegionAt(r.Before), after.RegionAt(r.After))))
            (b.Type, b.Protection).ShouldBe((a.Type, a.Protection));
        diff.Modules().ShouldContain(m => m.Path.Contains("libc", StringComparison.Ordinal) && m.Delta(Measure.Size) == 0);
    }

    [Fact]
    public void A_process_that_sleeps_does_not_change()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc");
        using var sleeper = new Sleeper();
        var diff = SnapshotDiff.Between(sleeper.Capture(), sleeper.Capture());
        diff.SameProcess.ShouldBeTrue();
        diff.ByImpact(Measure.Size).ShouldBeEmpty();
        diff.ByImpact(Measure.Private).ShouldBeEmpty();
    }
}
