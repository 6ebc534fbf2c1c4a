using VmAtlas.Formats.Vmatlas;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;

namespace VmAtlas.Cli.Tests;

/// <summary>Programs that are over before anybody could look have their map in the file.</summary>
public sealed class ShortProgramTests : IDisposable
{
    static readonly AddressRange AllOfIt = AddressRange.Of(0, ulong.MaxValue);

    readonly SampleFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("true", 2, "/bin/true")]
    [InlineData("true", 3, "/bin/sh", "-c", "exec /bin/true")]
    [InlineData("sh", 2, "/bin/sh", "-c", "exit 0")]
    public void Each_of_twenty_runs_has_the_maps_of_its_begin_and_end(string last, int atLeast, params string[] command)
    {
        for (var run = 0; run < 20; run++)
        {
            var file = _files.Path($"{run}.vmatlas");
            var traced = VmatlasProcess.Run("", ["trace", "-o", file, "--", .. command]);
            traced.Code.ShouldBe(0, traced.Error);
            using var timeline = TimelineFile.Open(file);
            timeline.Count.ShouldBeGreaterThanOrEqualTo(atLeast, $"run {run}");
            var snapshot = timeline.Load(timeline.Count - 1);
            Path.GetFileName(snapshot.Process.Executable)!.ShouldBeOneOf(last, "dash");
            snapshot.Regions.Types.ToArray().ShouldContain(MemoryType.Image);
            LoadedTrace.ReadAll(file).Traces[^1].Store.Ending.ShouldBe(TraceEnding.Exited);
        }
    }

    [Fact]
    public void What_a_signal_ends_has_the_map_of_its_begin()
    {
        var file = _files.Path("killed.vmatlas");
        VmatlasProcess.Run("", "trace", "-o", file, "--", "/bin/sh", "-c", "kill -9 $$").Code.ShouldBe(137);
        CommandRun.Of("show", file).Worked();
    }

    /// <summary>Twenty runs in all. The mapping is made long after the first snapshot and right before the end.</summary>
    [Theory]
    [InlineData("kill", 9, 8)]
    [InlineData("fault", 11, 4)]
    [InlineData("abort", 6, 4)]
    [InlineData("threads", 9, 4)]
    public void What_a_signal_ends_has_the_map_of_its_end_where_that_is_asked_for(string way, int signal, int runs)
    {
        var program = Path.Combine(Testing.Repository.Targets, "trace_killed");
        for (var run = 0; run < runs; run++)
        {
            var file = _files.Path($"{run}.vmatlas");
            var traced = VmatlasProcess.Run("", "trace", "--last-map", "-o", file, "--", program, way);
            traced.Code.ShouldBe(128 + signal, traced.Error);
            using var timeline = TimelineFile.Open(file);
            Private(timeline.Load(timeline.Count - 1)).ShouldBeGreaterThanOrEqualTo(Private(timeline.Load(0)) + (77 << 20), $"run {run}");
            var store = LoadedTrace.ReadAll(file).Traces.Single().Store;
            (store.Ending, store.EndingValue).ShouldBe((TraceEnding.Killed, signal));
            store.Sites.LiveBytes.ShouldBeGreaterThanOrEqualTo(1000 * 64, "everything it did is there");
            store.Mappings.Within(AllOfIt).ShouldContain(m => m.Range.Size.Bytes == 77 << 20, "also the last thing");
        }
        CommandRun.Of("sites", _files.Path("0.vmatlas")).Worked().Out.ShouldContain($"ended by signal {signal} (SIG");
    }

    [Fact]
    public void What_is_attached_to_and_killed_has_its_last_periodic_map_and_all_that_it_did()
    {
        for (var run = 0; run < 4; run++)
        {
            var file = _files.Path($"attached{run}.vmatlas");
            using var target = Testing.TestTarget.StartOrphan(Path.Combine(Testing.Repository.Targets, "trace_ledger"));
            var tracing = Task.Run(() => VmatlasProcess.Run("", "trace", "-o", file, "--attach", $"{target.Pid}"));
            while (!tracing.IsCompleted && (!File.Exists(file) || new FileInfo(file).Length < 4096))
                Thread.Sleep(20);
            Thread.Sleep(300); // a block every 20 ms
            Testing.Signals.Send(target.Pid, Testing.Signals.Kill);
            tracing.Result.Code.ShouldBe(0, tracing.Result.Error);
            using var timeline = TimelineFile.Open(file);
            timeline.Count.ShouldBeGreaterThanOrEqualTo(1);
            var store = LoadedTrace.ReadAll(file).Traces.Single().Store;
            store.Ending.ShouldBe(TraceEnding.Gone);
            store.Totals.Operations.ShouldBeGreaterThan(5);
            store.Totals.Dropped.ShouldBe(0);
        }
    }

    /// <summary>Stopped, let go on, interrupted and replaced: none of it may be lost on a program that is stood by.</summary>
    [Fact]
    public void A_program_that_is_stood_by_gets_its_signals_as_they_came()
    {
        const string script = "trap 'echo usr1' USR1; trap 'echo chld' CHLD; (sleep 0.2; kill -USR1 $$; sleep 0.2; kill -STOP $$; until grep -q stop /proc/$$/status; do sleep 0.01; done; echo stopped; kill -CONT $$); exec sh -c 'echo second; kill -TERM $$'";
        var traced = VmatlasProcess.Run("", "trace", "--last-map", "-o", _files.Path("x.vmatlas"), "--", "/bin/sh", "-c", script);
        traced.Code.ShouldBe(128 + 15, traced.Error);
        traced.Out.ShouldBe("stopped\nusr1\nchld\nsecond\n");
    }

    static ulong Private(Snapshot snapshot) => snapshot.Summary.Total.Measures[Measure.Private];

    [Fact]
    public void What_can_not_be_traced_leaves_the_file_that_was_there()
    {
        var file = _files.Path("kept.vmatlas");
        VmatlasProcess.Run("", "trace", "-o", file, "--", "/bin/true").Code.ShouldBe(0);
        var before = File.ReadAllBytes(file);
        VmatlasProcess.Run("", "trace", "-o", file, "--", "no-such-program").Code.ShouldBe(3);
        VmatlasProcess.Run("", "trace", "-o", file, "--attach", "1073741824").Code.ShouldBe(3);
        VmatlasProcess.Run("", "trace", "-o", file, "--bogus", "--", "/bin/true").Error.ShouldContain("there is no option --bogus");
        File.ReadAllBytes(file).ShouldBe(before);
    }

    [Fact]
    public void The_map_at_the_end_has_what_the_program_made_and_who_did()
    {
        var (file, mapped) = (_files.Path("made.vmatlas"), _files.Path("mapped"));
        File.WriteAllBytes(mapped, new byte[9000]);
        VmatlasProcess.Run("", "trace", "-o", file, "--", Path.Combine(Testing.Repository.Targets, "trace_makers"), mapped, "0").Code.ShouldBe(0);
        CommandRun.Of("show", file, "--details").Worked().Out.ShouldContain("made by mmap in make_private  makers.c:");
    }
}
