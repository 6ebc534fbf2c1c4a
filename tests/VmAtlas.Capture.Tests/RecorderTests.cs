using VmAtlas.Model;

namespace VmAtlas.Capture.Tests;

public sealed class RecorderTests
{
    /// <summary>A clock that jumps to where a timer waits for, so that hours pass at once.</summary>
    sealed class JumpingClock : TimeProvider
    {
        long _now;

        public TimeSpan Now => TimeSpan.FromTicks(_now);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Pass(TimeSpan time) => _now += time.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Pass(dueTime);
            return System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    readonly JumpingClock _clock = new();
    readonly List<TimeSpan> _begun = [];
    TimeSpan _readingTakes = TimeSpan.FromMilliseconds(1);

    static readonly Snapshot s_snapshot = new()
    {
        Process = new ProcessFacts { Pid = 1, Name = "target" },
        System = new SystemFacts { Kernel = "Linux" },
        TakenAt = default,
        Layout = new AddressSpaceLayout(default, new Address(0x1000), default),
        Strings = new StringTable(),
        Blocks = new BlockTable(),
        Regions = new RegionTable(),
    };

    Snapshot Read(CancellationToken _)
    {
        _begun.Add(_clock.Now);
        _clock.Pass(_readingTakes);
        return s_snapshot;
    }

    Recorder Recorder(RecorderOptions options, Action<Snapshot>? sink = null) =>
        new(Read, sink ?? (_ => { }), options with { Clock = _clock });

    static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    [Fact]
    public async Task Takes_a_snapshot_at_each_interval_until_the_duration_is_over()
    {
        var report = await Recorder(new RecorderOptions { Interval = Seconds(2), Duration = Seconds(7) }).RunAsync();
        _begun.ShouldBe([Seconds(0), Seconds(2), Seconds(4), Seconds(6)]);
        (report.Snapshots, report.End, report.Error).ShouldBe((4, RecordingEnd.Duration, null));
        report.Reading.ShouldBe(TimeSpan.FromMilliseconds(4));
    }

    [Fact]
    public async Task Slow_reading_stretches_the_interval_to_a_twentieth_of_the_time_and_says_so_once()
    {
        _readingTakes = Seconds(0.5);
        var stretched = new List<TimeSpan>();
        var recorder = Recorder(new RecorderOptions { Interval = Seconds(1), Duration = Seconds(100) });
        recorder.Stretched += stretched.Add;
        var report = await recorder.RunAsync();
        // Once twice as long, to make up for the first.
        _begun.ShouldBe([Seconds(0), Seconds(1), .. Enumerable.Range(2, 9).Select(i => Seconds(i * 10))]);
        stretched.ShouldBe([Seconds(10)]);
        report.Reading.ShouldBeLessThanOrEqualTo(0.05 * report.Took + Seconds(0.5));
    }

    [Fact]
    public async Task A_slow_first_reading_does_not_end_a_short_recording()
    {
        _readingTakes = Seconds(0.2);
        var recorder = new Recorder(cancellation =>
        {
            var snapshot = Read(cancellation);
            _readingTakes = TimeSpan.FromMilliseconds(1);
            return snapshot;
        }, _ => { }, new RecorderOptions { Interval = Seconds(0.5), Duration = Seconds(2), Clock = _clock });
        (await recorder.RunAsync()).Snapshots.ShouldBe(5);
        _begun.ShouldBe([.. Enumerable.Range(0, 5).Select(i => Seconds(i * 0.5))]);
    }

    [Fact]
    public async Task A_sink_that_is_late_does_not_shift_the_snapshots_after_it()
    {
        var late = Seconds(2.3);
        var recorder = Recorder(new RecorderOptions { Interval = Seconds(1), Duration = Seconds(6) }, _ =>
        {
            _clock.Pass(late);
            late = TimeSpan.Zero;
        });
        await recorder.RunAsync();
        _begun.ShouldBe([Seconds(0), Seconds(3), Seconds(4), Seconds(5), Seconds(6)]);
    }

    [Fact]
    public async Task A_target_that_did_not_change_is_read_again_only_now_and_then()
    {
        var looks = 0;
        var options = new RecorderOptions { Interval = Seconds(1), Duration = Seconds(25), Clock = _clock };
        var report = await new Recorder(Read, _ => { }, options, () =>
        {
            looks++;
            _clock.Pass(TimeSpan.FromMilliseconds(2));
            return looks != 3;
        }).RunAsync();
        // The third look sees a change; after that nine in a row are skipped at most.
        _begun.Select(b => Math.Round(b.TotalSeconds)).ShouldBe([0, 3, 13, 23]);
        report.Snapshots.ShouldBe(4);
        report.Reading.ShouldBe(TimeSpan.FromMilliseconds(4 + 2 * looks));
    }

    [Fact]
    public async Task Ends_cleanly_when_the_target_ends()
    {
        var count = 0;
        var recorder = new Recorder(
            cancellation => ++count > 3 ? throw new VmAtlasException(Failure.TargetEnded, "it ended") : Read(cancellation), _ => { },
            new RecorderOptions { Clock = _clock });
        var report = await recorder.RunAsync();
        (report.Snapshots, report.End, report.Error).ShouldBe((3, RecordingEnd.TargetEnded, null));
    }

    [Fact]
    public async Task Ends_cleanly_when_cancelled_and_counts_only_what_was_kept()
    {
        using var cancellation = new CancellationTokenSource();
        var kept = 0;
        var recorder = Recorder(new RecorderOptions(), _ =>
        {
            if (++kept == 5)
                cancellation.Cancel();
        });
        var report = await recorder.RunAsync(cancellation.Token);
        (report.Snapshots, report.End).ShouldBe((5, RecordingEnd.Cancelled));
    }

    [Fact]
    public async Task A_sink_that_fails_ends_the_recording_and_keeps_what_was_before()
    {
        var full = new VmAtlasException(Failure.General, "the disk is full");
        var kept = 0;
        var report = await Recorder(new RecorderOptions(), _ =>
        {
            if (kept == 2)
                throw full;
            kept++;
        }).RunAsync();
        (report.Snapshots, report.End, report.Error).ShouldBe((2, RecordingEnd.Failed, full));
    }

    [Fact]
    public async Task A_first_snapshot_that_can_not_be_taken_is_an_error_and_no_recording()
    {
        var recorder = new Recorder(_ => throw new VmAtlasException(Failure.NotPermitted, "not yours"), _ => { }, new RecorderOptions { Clock = _clock });
        (await Should.ThrowAsync<VmAtlasException>(() => recorder.RunAsync())).Failure.ShouldBe(Failure.NotPermitted);
    }
}
