using VmAtlas.Testing;

namespace VmAtlas.Model.Tests;

public sealed class ReconciliationTests
{
    const ulong K = 1024, M = 1024 * K;

    [Fact]
    public void A_counter_that_says_the_same_is_equal_and_needs_no_cause()
    {
        var line = Line("HugetlbPages", 0);
        (line.Agreement, line.Cause, line.Difference).ShouldBe((Agreement.Equal, "", 0L));
        var all = Line("VmSize", Sum(Measure.Size));
        all.Agreement.ShouldBe(Agreement.Equal);
    }

    [Fact]
    public void Rounding_of_a_KiB_a_mapping_is_within_tolerance_and_more_is_not()
    {
        var ours = Sum(Measure.Pss);
        Line("rollup.Pss", ours + 18 * K).Agreement.ShouldBe(Agreement.WithinTolerance);
        Line("rollup.Pss", ours + 18 * K).Cause.ShouldContain("rounds");
        Line("rollup.Pss", ours + 18 * K + 1).Agreement.ShouldBe(Agreement.Differs);
        Line("rollup.Pss", ours - 18 * K).Agreement.ShouldBe(Agreement.WithinTolerance);
        Line("rollup.Rss", Sum(Measure.TotalWs) + 1).Agreement.ShouldBe(Agreement.Differs);
        Line("rollup.Rss", Sum(Measure.TotalWs) + 1).Cause.ShouldContain("running target changes");
    }

    [Fact]
    public void Drift_of_the_kernel_s_counters_is_within_tolerance()
    {
        Line("VmRSS", Sum(Measure.TotalWs) - 2 * M).Agreement.ShouldBe(Agreement.WithinTolerance);
        Line("VmRSS", Sum(Measure.TotalWs) - 2 * M - 1).Agreement.ShouldBe(Agreement.Differs);
    }

    [Fact]
    public void What_differs_by_nature_says_why_but_only_in_the_direction_that_nature_goes()
    {
        Line("VmLck", 12 * K).Agreement.ShouldBe(Agreement.Equal);
        Line("VmLck", 64 * K, "Locked WS").ShouldSatisfyAllConditions(
            l => l.Agreement.ShouldBe(Agreement.ByNature), l => l.Cause.ShouldContain("whole mappings"), l => l.Difference.ShouldBe(-52 * (long)K));
        Line("VmLck", 4 * K, "Locked WS").Agreement.ShouldBe(Agreement.Differs);
        var swapped = new SnapshotMaker().Add(MemoryType.Shareable, "", new BlockSpec(0x100000, 16 * M) { Access = "rw-s", Swap = 16 * M });
        swapped.Counters["VmSwap"] = 0;
        Reconciliation.Of(swapped.Make()).Single(l => l is { Counter: "VmSwap", What: "Swap" }).Agreement.ShouldBe(Agreement.ByNature);
    }

    [Fact]
    public void Vm_counters_are_made_of_the_mappings_the_kernel_makes_them_of()
    {
        Line("VmStk", 132 * K).Agreement.ShouldBe(Agreement.Equal);
        Line("VmData", 8 * K + 4 * K + 132 * K + 1 * M + 16 * M + 8 * M + 24 * K + 12 * K).Agreement.ShouldBe(Agreement.Equal);
        var exe = Line(maker =>
        {
            maker.Counters["VmExe"] = 32 * K;
            maker.Counters["VmLib"] = 1600 * K + 8 * K;
        }, "VmExe + VmLib");
        exe.Agreement.ShouldBe(Agreement.Equal);
    }

    [Fact]
    public void What_either_side_does_not_know_has_no_line()
    {
        Reconciliation.Of(Snapshots.Sample().Make()).ShouldBeEmpty();
        var poor = new SnapshotMaker { Known = [] }.Add(MemoryType.Heap, "", new BlockSpec(0x20000, 4096));
        poor.Counters["VmRSS"] = 4096;
        poor.Counters["rollup.Private_Clean"] = 4096;
        poor.Counters["VmSize"] = 4096;
        Reconciliation.Of(poor.MakeUnchecked()).Select(l => l.Counter).ShouldBe(["VmSize", "VmSize"]);
    }

    [Fact]
    public void A_kernel_page_above_user_space_is_not_in_VmSize()
    {
        var maker = Snapshots.Sample().Add(MemoryType.Image, "[vsyscall]", new BlockSpec(0xffffffffff600000, 4 * K) { Access = "--xp" });
        maker.Counters["VmSize"] = Sum(Measure.Size);
        var lines = Reconciliation.Of(maker.Make()).Where(l => l.Counter == "VmSize").ToList();
        lines[0].Agreement.ShouldBe(Agreement.Equal);
        (lines[1].Agreement, lines[1].What).ShouldBe((Agreement.ByNature, "Total Size"));
    }

    static ReconciliationLine Line(string counter, ulong value, string? what = null) =>
        Line(maker => maker.Counters[counter] = value, counter, what);

    static ReconciliationLine Line(Action<SnapshotMaker> count, string counter, string? what = null)
    {
        var maker = Snapshots.Sample();
        count(maker);
        return Reconciliation.Of(maker.Make()).First(l => l.Counter == counter && (what is null || l.What == what));
    }

    static ulong Sum(Measure measure) => new SnapshotRows(Snapshots.Sample().Make(), RowLevel.Region).Values(measure).Aggregate(0UL, (a, b) => a + b);
}
