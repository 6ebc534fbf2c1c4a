using VmAtlas.Formats.Etl;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Formats.Tests.Etl;

/// <summary>Logs made up as Windows lays them out: none of these events was recorded on Windows.</summary>
public sealed class EtlTests
{
    const int Server = 100, Other = 200;
    const ulong Program = 0x7ff6_0000_0000, Library = 0x7ffa_0000_0000, Heap = 0x1_0000;

    [Fact]
    public void What_a_heap_was_asked_for_is_told_with_its_calls()
    {
        var trace = Read(new EtlMaker()
            .Image(Server, Program, 0x10000, @"\Device\HarddiskVolume2\opt\server.exe").Image(Server, Library, 0x10000, @"\Device\HarddiskVolume2\opt\library.dll")
            .Alloc(2_000_000, Server, 7, Heap, 0x5000, 100).Stack(2_000_000, Server, 7, Library + 0x123, Program + 0x456, 0xffff_8000_0000_0001)
            .Alloc(3_000_000, Server, 7, Heap, 0x6000, 50).Stack(3_000_000, Server, 7, Library + 0x123, Program + 0x456)
            .Free(4_000_000, Server, 8, Heap, 0x5000)).Single();
        trace.Store.Process.ShouldSatisfyAllConditions(p => p.Pid.ShouldBe(Server), p => p.Command.ShouldEndWith("server.exe"), p => p.Began.ShouldBe(EtlMaker.Began));
        (trace.Store.Sites.Count, trace.Store.Sites.LiveBytes, trace.Store.Totals.UnknownFrees).ShouldBe((1, 50L, 0L));
        trace.Store.Sites[0].ShouldSatisfyAllConditions(s => s.TotalBytes.ShouldBe(150), s => s.TotalCount.ShouldBe(2));
        var stack = trace.Frames.Stack(trace.Store.Sites.Site(0)).Select(f => trace.Frames.Texts[f.Function]).ToList();
        stack.Count.ShouldBe(2, "the kernel's frame is no part of the program");
        (stack[0], stack[1]).ShouldBe(("library.dll+0x123", "server.exe+0x456"));
        trace.Store.Totals.Time.ShouldBe(300_000_000, "3,000,000 ticks of 10 MHz");
    }

    [Fact]
    public void Buffers_of_several_processors_are_put_in_order()
    {
        var trace = Read(new EtlMaker()
            .Free(5_000_000, Server, 1, Heap, 0x5000).NextBuffer()
            .Alloc(4_000_000, Server, 2, Heap, 0x5000, 10)).Single();
        (trace.Store.Sites.LiveBytes, trace.Store.Totals.UnknownFrees).ShouldBe((0L, 0L));
    }

    [Fact]
    public void Logs_of_one_process_are_told_as_one_trace()
    {
        const uint commit = 0x1000;
        var trace = Read(new EtlTarget(Server, Attached: false, TraceEnding.Exited, 3),
            new EtlMaker().Image(Server, Program, 0x10000, @"\Device\HarddiskVolume2\opt\server.exe").Image(Other, Library, 0x10000, @"\Device\HarddiskVolume2\opt\other.exe")
                .AddShort(2, 98, 1_200_000, EtlMaker.Bytes(0x40_0000ul, 0x4000ul, (uint)Server, commit)).Stack(1_200_000, Server, 9, Program + 1)
                .AddShort(2, 98, 1_300_000, EtlMaker.Bytes(0x50_0000ul, 0x4000ul, (uint)Other, commit)),
            new EtlMaker().Alloc(1_100_000, Server, 9, Heap, 0x5000, 100).Stack(1_100_000, Server, 9, Program + 2).Alloc(1_400_000, Other, 1, Heap, 0x5000, 7)).Single();
        trace.Store.Process.ShouldSatisfyAllConditions(p => p.Command.ShouldEndWith("server.exe"), p => p.Attached.ShouldBeFalse());
        (trace.Store.Sites.LiveBytes, trace.Store.Totals.Mappings.LiveBytes, trace.Store.Modules.Count).ShouldBe((100L, 0x4000L, 1));
        (trace.Store.Ending, trace.Store.EndingValue).ShouldBe((TraceEnding.Exited, 3));
    }

    [Fact]
    public void Heap_events_that_name_no_process_are_those_of_the_one_traced()
    {
        var log = new EtlMaker().AddShort(0x10, 33, 1_100_000, EtlMaker.Bytes(Heap, 100ul, 0x5000ul, 1u)).Stack(1_100_000, Server, 9, Program + 2);
        var trace = Read(new EtlTarget(Server), log).Single();
        (trace.Store.Sites.LiveBytes, trace.Store.Sites.Count).ShouldBe((100L, 1));
        Should.Throw<VmAtlasException>(() => Read(log)).Failure.ShouldBe(Failure.NotFound, "of a log of the whole machine it is not known whose they are");
    }

    [Fact]
    public void A_process_that_did_nothing_is_told_and_an_empty_log_refused()
    {
        Read(new EtlTarget(Server), new EtlMaker(), new EtlMaker()).Single().Store.Totals.Operations.ShouldBe(0);
        Should.Throw<VmAtlasException>(() => Read(new EtlTarget(Server))).Failure.ShouldBe(Failure.BadFile);
    }

    [Fact]
    public void Blocks_grow_move_and_go_with_their_heap()
    {
        var trace = Read(new EtlMaker()
            .Alloc(1_100_000, Server, 1, Heap, 0x5000, 10).Realloc(1_200_000, Server, 1, Heap, 0x5000, 0x5000, 30)
            .Realloc(1_300_000, Server, 1, Heap, 0x7000, 0x5000, 300)
            .Alloc(1_400_000, Server, 1, 0x2_0000, 0x9000, 77)
            .Add(0x10, 35, 1_500_000, Server, 1, EtlMaker.Bytes(Heap))).Single();
        (trace.Store.Sites.LiveBytes, trace.Store.Totals.UnknownFrees).ShouldBe((77L, 0L));
    }

    [Fact]
    public void What_VirtualAlloc_commits_is_a_mapping_and_what_it_reserves_is_none()
    {
        const uint commit = 0x1000, reserve = 0x2000, release = 0x8000;
        byte[] Call(ulong start, ulong size, uint flags) => EtlMaker.Bytes(start, size, (uint)Server, flags);
        var store = Read(new EtlMaker()
            .AddShort(2, 98, 1_100_000, Call(0x10_0000, 0x10_0000, reserve)).AddShort(2, 98, 1_200_000, Call(0x10_0000, 0x4000, commit))
            .Stack(1_200_000, Server, 9, Program)
            .AddShort(2, 98, 1_300_000, Call(0x40_0000, 0x1000, reserve | commit)).AddShort(2, 99, 1_400_000, Call(0x40_0000, 0x1000, release))).Single().Store;
        store.Totals.Mappings.LiveBytes.ShouldBe(0x4000);
        store.Totals.Mappings.TotalBytes.ShouldBe(0x5000);
        store.Mappings.Find(new Address(0x10_1000)).ShouldNotBeNull();
    }

    [Fact]
    public void Stacks_may_be_told_by_a_key_that_is_told_later_and_given_again()
    {
        const ulong key = 0xffff_8000_1234_0000;
        EtlMaker Reference(EtlMaker log, long tick) => log.Alloc(tick, Server, 7, Heap, (ulong)tick, 10).AddShort(0x18, 38, tick + 1, EtlMaker.Bytes(tick, (uint)Server, 7u, key));
        EtlMaker Definition(EtlMaker log, long tick, ulong pc) => log.AddShort(0x18, 36, tick, EtlMaker.Bytes(key, pc));
        var log = Definition(Reference(Definition(Reference(new EtlMaker().Image(Server, Program, 0x1000, "a.exe"), 2_000_000), 2_500_000, Program + 1), 3_000_000), 3_500_000, Program + 2);
        var trace = Read(log).Single();
        Enumerable.Range(0, trace.Store.Sites.Count).Select(i => trace.Frames.Texts[trace.Frames.Stack(trace.Store.Sites.Site(i)).Single().Function])
            .Order().ShouldBe(["a.exe+0x1", "a.exe+0x2"]);
    }

    [Fact]
    public void Each_process_is_a_program_the_busiest_first()
    {
        var traces = Read(new EtlMaker().Alloc(1_100_000, Other, 1, Heap, 0x5000, 1).Alloc(1_200_000, Server, 1, Heap, 0x5000, 2).Alloc(1_300_000, Server, 1, Heap, 0x6000, 3));
        traces.Select(t => (t.Store.Process.Pid, t.Store.Sites.LiveBytes)).ShouldBe([(Server, 5L), (Other, 1L)]);
        traces[0].Store.Process.Command.ShouldBe("process 100");
    }

    [Fact]
    public void A_log_without_such_events_says_how_to_record_them() =>
        Should.Throw<VmAtlasException>(() => Read(new EtlMaker())).ShouldSatisfyAllConditions(e => e.Failure.ShouldBe(Failure.NotFound), e => e.Message.ShouldContain("xperf -heap"));

    [Fact]
    public void A_log_that_was_cut_off_says_so()
    {
        var log = new EtlMaker().Alloc(1_100_000, Server, 1, Heap, 0x5000, 1).NextBuffer().Alloc(1_200_000, Server, 1, Heap, 0x6000, 2).Make();
        var result = EtlImport.Read(new MemoryStream(log[..^100]), "cut.etl", new Keeper());
        (result.IsCut, result.Operations).ShouldBe((true, 1L));
    }

    [Fact]
    public void A_damaged_log_is_read_or_refused_in_a_sentence()
    {
        var good = new EtlMaker().Image(Server, Program, 0x10000, "a.exe").Alloc(2_000_000, Server, 7, Heap, 0x5000, 100).Stack(2_000_000, Server, 7, Program + 1, Program + 2)
            .Realloc(2_100_000, Server, 7, Heap, 0x6000, 0x5000, 30).NextBuffer().Free(2_200_000, Server, 7, Heap, 0x6000).Make();
        var random = new Random(5);
        for (var i = 0; i < 3000; i++)
        {
            var bad = (byte[])good.Clone();
            for (var n = random.Next(1, 6); n > 0; n--)
                bad[random.Next(2) == 0 ? random.Next(900) : random.Next(bad.Length)] = (byte)random.Next(256);
            try
            {
                EtlImport.Read(new MemoryStream(bad), "bad.etl", new Keeper());
            }
            catch (VmAtlasException e)
            {
                e.Failure.ShouldBeOneOf(Failure.BadFile, Failure.NotFound);
            }
        }
    }

    static List<LoadedTrace> Read(EtlTarget target, params EtlMaker[] logs)
    {
        var folder = Directory.CreateTempSubdirectory("vmatlas-");
        try
        {
            var paths = logs.Select((log, i) => Path.Combine(folder.FullName, $"{i}.etl")).ToList();
            foreach (var (path, log) in paths.Zip(logs))
                File.WriteAllBytes(path, log.Make());
            var file = Path.Combine(folder.FullName, "x.vmatlas");
            using (var to = File.Create(file))
                EtlImport.Read(paths, target, new TraceWriter(new TimelineWriter(to, file)));
            return [.. LoadedTrace.ReadAll(file).Traces];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static List<LoadedTrace> Read(EtlMaker log)
    {
        var path = Path.GetTempFileName();
        try
        {
            using (var to = File.Create(path))
                EtlImport.Read(new MemoryStream(log.Make()), "made-up.etl", new TraceWriter(new TimelineWriter(to, path)));
            return [.. LoadedTrace.ReadAll(path).Traces];
        }
        finally
        {
            File.Delete(path);
        }
    }

    sealed class Keeper : ITraceObserver
    {
        public ITraceSink Begin(TraceProcess process) => new TraceStore(process);
    }
}
