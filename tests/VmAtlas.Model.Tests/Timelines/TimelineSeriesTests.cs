using VmAtlas.Testing;

namespace VmAtlas.Model.Tests;

public sealed class TimelineSeriesTests
{
    const ulong K = 1024, M = 1024 * K;

    static readonly DateTimeOffset s_start = new(2025, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Every_snapshot_gives_a_figure_of_each_type_and_measure()
    {
        var series = TimelineSeries.Of(Timeline.Of([Heap(0, 1 * M), Heap(1, 2 * M), Heap(2, 3 * M)]), TestContext.Current.CancellationToken);
        series.Count.ShouldBe(3);
        series.Times[2].ShouldBe(s_start.AddSeconds(2));
        Enumerable.Range(0, 3).Select(i => series.Value(MemoryType.Heap, Measure.Size, i)).ShouldBe([1 * M, 2 * M, 3 * M]);
        series.Value(null, Measure.TotalWs, 1).ShouldBe(2 * M);
        series.Value(MemoryType.Free, Measure.TotalWs, 1).ShouldBeNull();
        series.Events.ShouldBeEmpty();
    }

    [Fact]
    public void Only_the_measures_asked_for_are_kept_and_each_snapshot_is_loaded_once()
    {
        var timeline = new Counting(1000);
        var series = TimelineSeries.Of(timeline, TestContext.Current.CancellationToken, Measure.Pss);
        timeline.Loaded.ShouldBe(Enumerable.Range(0, 1000));
        series.Kept.ShouldBe([Measure.Pss]);
        Should.Throw<ArgumentException>(() => series.Value(null, Measure.Size, 0));
    }

    [Fact]
    public void A_restart_an_exec_and_a_leap_are_events()
    {
        var series = new TimelineSeries();
        series.Add(Heap(0, 10 * M));
        series.Add(Heap(1, 30 * M));
        series.Add(Heap(2, 10 * M));
        series.Add(Heap(3, 11 * M));
        series.Add(Heap(4, 11 * M, executable: "/bin/other"));
        series.Add(Heap(5, 11 * M, pid: 8));
        series.Events.ShouldBe(
        [
            new TimelineEvent(1, TimelineEventKind.Grew, MemoryType.Heap, 20 * (long)M),
            new TimelineEvent(2, TimelineEventKind.Shrank, MemoryType.Heap, -20 * (long)M),
            new TimelineEvent(4, TimelineEventKind.Exec, null, 0),
            new TimelineEvent(5, TimelineEventKind.Restarted, null, 0),
        ]);
    }

    [Fact]
    public void A_tenth_of_a_large_type_is_not_notable()
    {
        var series = new TimelineSeries { NotableChange = new ByteSize(1 * M) };
        series.Add(Heap(0, 100 * M));
        series.Add(Heap(1, 109 * M));
        series.Events.ShouldBeEmpty();
        series.Add(Heap(2, 121 * M));
        series.Events.ShouldHaveSingleItem();
    }

    [Fact]
    public void A_column_of_a_chart_shows_its_highest_snapshot_and_one_without_any_shows_none()
    {
        var series = new TimelineSeries(Measure.TotalWs);
        foreach (var (second, size) in new[] { (0, 1 * M), (1, 9 * M), (2, 2 * M), (8, 3 * M), (10, 4 * M) })
            series.Add(Heap(second, size));
        series.Resample(Measure.TotalWs, 5).ShouldBe([1, 2, -1, -1, 4]);
        series.Resample(Measure.TotalWs, 1).ShouldBe([1]);
        new TimelineSeries().Resample(Measure.Size, 3).ShouldBe([-1, -1, -1]);
        Should.Throw<ArgumentOutOfRangeException>(() => series.Resample(Measure.TotalWs, 0));
    }

    static Snapshot Heap(int second, ulong size, int pid = 7, string executable = "/bin/app") => new SnapshotMaker
    {
        TakenAt = s_start.AddSeconds(second), PageTables = null,
        Process = new ProcessFacts { Pid = pid, Name = "app", Executable = executable, StartedAt = s_start.AddMinutes(-pid) },
    }.Add(MemoryType.Heap, "[heap]", new BlockSpec(0x100000, size) { Resident = size }).Make();

    sealed class Counting(int count) : Timeline
    {
        public List<int> Loaded { get; } = [];

        public override int Count => count;

        public override DateTimeOffset TakenAt(int index) => s_start.AddSeconds(index);

        public override Snapshot Load(int index)
        {
            Loaded.Add(index);
            return Heap(index, 4096);
        }
    }
}
