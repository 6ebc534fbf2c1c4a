using VmAtlas.Formats.Vmatlas;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Testing;

namespace VmAtlas.Formats.Tests.Vmatlas.Traces;

public sealed class TraceFileTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<int, bool, bool> Traces => new(
        from seed in Enumerable.Range(0, 6)
        select (seed, seed % 3 == 1, seed % 3 == 2));

    [Theory]
    [MemberData(nameof(Traces))]
    public void Everything_told_comes_back_with_times_cut_to_32_nanoseconds(int seed, bool sampled, bool attached)
    {
        var trace = new RandomTrace(seed, 100_000, sampled, attached);
        var heard = Heard.Of(Write(trace));
        heard.Process.ShouldBe(trace.Process);
        heard.Modules.ShouldBe(RandomTrace.Modules);
        heard.Nodes.ShouldBe(trace.Nodes);
        heard.Names[1].ShouldBe("renamed");
        heard.Dropped.ShouldBe(7);
        heard.Ending.ShouldBe((TraceEnding.Killed, 9, trace.Events[^1].Time + 5));
        heard.Events.Count.ShouldBe(trace.Events.Length);
        for (var i = 0; i < trace.Events.Length; i++)
            heard.Events[i].ShouldBe(trace.Events[i] with { Time = trace.Events[i].Time >> 5 << 5 });
    }

    [Fact]
    public void Odd_addresses_and_largest_values_come_back()
    {
        TraceEvent[] events =
        [
            new() { Operation = TraceOperation.Free, Function = TraceFunction.Free, Address = ulong.MaxValue, Thread = 3, Weight = 1 },
            new() { Operation = TraceOperation.Free, Function = TraceFunction.Free, Address = 0x8000_0000_0000_0000, Thread = 3, Weight = 1, Time = 1L << 60 },
            new() { Operation = TraceOperation.Remap, Address = 7, OldAddress = ulong.MaxValue, Size = ulong.MaxValue, OldSize = ulong.MaxValue - 1, Weight = 1, Time = 1L << 61 },
        ];
        var path = _folder.File("x.vmatlas");
        using (var file = TimelineFile.Create(path))
        {
            var recording = new TraceWriter(file).Begin(new TraceProcess(1, 0, "", DateTimeOffset.UnixEpoch, false, 0));
            recording.Events(events);
            recording.End(TraceEnding.Exited, -1, 1L << 62);
        }
        var heard = Heard.Of(path);
        heard.Events.ShouldBe(events);
        heard.Ending.ShouldBe((TraceEnding.Exited, -1, 1L << 62));
    }

    [Fact]
    public void Snapshots_and_several_traces_stand_beside_each_other()
    {
        var path = _folder.File("x.vmatlas");
        var (first, second) = (new RandomTrace(1, 70_000), new RandomTrace(2, 70_000));
        using (var file = TimelineFile.Create(path))
        {
            var writer = new TraceWriter(file);
            file.Append(ExportSample.Make());
            first.Play(new Once(writer.Begin(first.Process)));
            file.Append(ExportSample.Make());
            second.Play(new Once(writer.Begin(second.Process)));
        }
        using (var timeline = TimelineFile.Open(path))
        {
            timeline.Count.ShouldBe(2);
            timeline.Problems.ShouldBeEmpty();
            timeline.Load(1).Regions.Count.ShouldBe(ExportSample.Make().Regions.Count);
        }
        var (traces, problems) = LoadedTrace.ReadAll(path);
        problems.ShouldBeEmpty();
        traces.Count.ShouldBe(2);
        traces[0].Store.Totals.Operations.ShouldBe(70_000);
        traces[1].Store.Sites.LiveBytes.ShouldBe(StoreOf(second).Sites.LiveBytes);
    }

    [Fact]
    public void Resolved_functions_come_back_where_the_programs_files_are_not()
    {
        var path = _folder.File("x.vmatlas");
        var trace = new RandomTrace(1, 1000);
        var store = StoreOf(trace);
        var frames = new NodeFrames(store.CallNodes, store.Modules);
        FrameResolution.ResolveAll(frames, store.CallNodes, store.Modules, new MadeUpSymbols());
        using (var file = TimelineFile.Create(path))
        {
            var recording = new TraceWriter(file).Begin(trace.Process);
            trace.Play(new Once(recording));
            recording.Symbols(frames, store.CallNodes);
        }
        var loaded = LoadedTrace.ReadAll(path).Traces.Single();
        foreach (var node in trace.Nodes)
        {
            var expected = frames.Stack(node.Id).Select(f => (frames.Texts[f.Function], frames.Texts[f.Module], frames.Texts[f.File], f.Line, f.IsInlined));
            loaded.Frames.Stack(node.Id).Select(f => (loaded.Frames.Texts[f.Function], loaded.Frames.Texts[f.Module], loaded.Frames.Texts[f.File], f.Line, f.IsInlined))
                .ShouldBe(expected);
        }
    }

    [Fact]
    public void A_recorder_that_dies_leaves_what_was_flushed()
    {
        var path = _folder.File("x.vmatlas");
        var trace = new RandomTrace(1, 200_000);
        using (var file = TimelineFile.Create(path))
        {
            var writer = new TraceWriter(file);
            var recording = writer.Begin(trace.Process);
            recording.Nodes(trace.Nodes);
            recording.Events(trace.Events.AsSpan(0, 10_000));
            writer.Flush();
            recording.Events(trace.Events.AsSpan(10_000, 1000));
        }
        File.WriteAllBytes(path, [.. File.ReadAllBytes(path), .. "TEVT torn"u8]);
        var (traces, problems) = LoadedTrace.ReadAll(path);
        problems.Single().Id.ShouldBe("torn-tail");
        traces.Single().Store.Totals.Operations.ShouldBe(10_000);
        traces.Single().Store.Ending.ShouldBe(TraceEnding.Gone);
    }

    [Fact]
    public void An_event_takes_at_most_5_bytes()
    {
        var trace = new SyntheticTrace(seed: 7, events: 500_000);
        var path = _folder.File("x.vmatlas");
        using (var file = TimelineFile.Create(path))
            trace.Play(new TraceWriter(file));
        (new FileInfo(path).Length / 500_000.0).ShouldBeLessThan(5);
    }

    string Write(RandomTrace trace)
    {
        var path = _folder.File("x.vmatlas");
        using var file = TimelineFile.Create(path);
        trace.Play(new TraceWriter(file));
        return path;
    }

    static TraceStore StoreOf(RandomTrace trace)
    {
        var store = new TraceStore(trace.Process);
        trace.Play(new Once(store));
        return store;
    }
}
