using System.Net.Sockets;
using System.Text;
using VmAtlas.Capture.Clr.Allocations;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Capture.Clr.Tests;

/// <summary>What a .NET process makes, as its runtime samples it, against what it was told to make.</summary>
public sealed class AllocationTests
{
    const int Objects = 2_000_000, BytesEach = 24;

    static readonly int[] s_events =
        [ManagedAllocations.AllocationTick, ManagedAllocations.MethodLoadVerbose, ManagedAllocations.MethodEndVerbose, ManagedAllocations.AllocationSampled];

    [Fact]
    public void Sums_of_a_type_are_what_the_program_made_and_lead_to_the_call_that_made_it()
    {
        using var target = ClrTarget.Start();
        var store = Record(target.Pid, () => target.Tell($"grow {Objects}"));
        var frames = new NodeFrames(store.Store.CallNodes, store.Store.Modules);
        FrameResolution.ResolveAll(frames, store.Store.CallNodes, store.Store.Modules, store.Frames);
        var (bytes, count, stack) = (0L, 0.0, "");
        for (var row = 0; row < store.Store.Sites.Count; row++)
        {
            var names = frames.Stack(store.Store.Sites.Site(row)).Select(f => frames.Texts[f.Function]).ToList();
            if (names.FirstOrDefault() != "new Grown")
                continue;
            bytes += store.Store.Sites[row].TotalBytes;
            count += store.Store.Sites[row].TotalCount;
            stack = string.Join('\n', names);
        }
        // Some 470 samples: the spread is 1/√470, and this is four times that.
        const double tolerance = 0.19;
        ((double)bytes).ShouldBe(Objects * BytesEach, Objects * BytesEach * tolerance);
        count.ShouldBe(Objects, Objects * tolerance);
        stack.ShouldContain("ClrTarget.Program.Keep");
        stack.ShouldContain("ClrTarget.Program.Main");
        store.Store.Totals.UnknownFrees.ShouldBe(0);
        store.Store.Sites.Total.TotalBytes.ShouldBeLessThan(4L * Objects * BytesEach, "besides these objects it makes a list of them, and nothing that is as large");
        store.Store.Sites.LiveBytes.ShouldBe(0, "nobody tells when an object dies");
    }

    [Fact]
    public void The_process_goes_on_and_can_be_asked_again()
    {
        using var target = ClrTarget.Start();
        for (var i = 0; i < 3; i++)
            Record(target.Pid, () => target.Tell("grow 200000")).Store.Totals.Operations.ShouldBeGreaterThan(0);
        target.Tell("gc");
    }

    [Fact]
    public void What_the_runtime_tells_of_its_settings_at_the_end_is_no_allocation()
    {
        using var target = ClrTarget.Start();
        var store = Record(target.Pid, () => target.Tell("grow 200000")).Store;
        for (var row = 0; row < store.Sites.Count; row++)
            store.Sites[row].TotalBytes.ShouldBeLessThan(1L << 30);
    }

    [Fact]
    public void A_process_without_the_runtime_is_refused_in_a_sentence()
    {
        ManagedTrace.IsManaged(1).ShouldBeFalse();
        using var target = TestTarget.Start("trace_steady", "1");
        Should.Throw<VmAtlasException>(() => ManagedTrace.Attach(target.Pid, new Keeper())).Message.ShouldContain("can not be asked for its objects");
    }

    [Theory]
    [InlineData("")]
    [InlineData("34 bytes, no greeting of a runtime")]
    public void A_stranger_that_connects_where_runtimes_do_is_told_nothing(string says)
    {
        var keeper = new Keeper();
        using var launch = new ManagedLaunch(keeper, children: true, others: null);
        using (var stranger = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            stranger.Connect(new UnixDomainSocketEndPoint(launch.Variable[..launch.Variable.IndexOf(',', StringComparison.Ordinal)]));
            stranger.Send(Encoding.UTF8.GetBytes(says));
            stranger.Shutdown(SocketShutdown.Send);
            stranger.Receive(new byte[1]).ShouldBe(0);
        }
        keeper.Store.ShouldBeNull();
        launch.Problem.ShouldNotBeNull();
    }

    [Fact]
    public void A_text_without_an_end_is_cut()
    {
        ReadOnlySpan<byte> bytes = Encoding.Unicode.GetBytes("abc");
        ManagedMethods.TextIn(ref bytes).ShouldBe("abc");
        bytes.Length.ShouldBe(0);
        bytes = Encoding.Unicode.GetBytes("ab\0rest");
        ManagedMethods.TextIn(ref bytes).ShouldBe("ab");
        bytes.Length.ShouldBe(8);
    }

    [Fact]
    public void Events_of_any_bytes_do_no_harm()
    {
        var random = new Random(1);
        var keeper = new Keeper();
        var allocations = new ManagedAllocations(1, keeper.Begin(new TraceProcess(1, 0, "", default, true, 1)), new ManagedMethods())
        {
            Reader = new Diagnostics.NetTraceReader(Stream.Null, "x", (_, _) => { }),
        };
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            allocations.Receive(s_events[random.Next(s_events.Length)], bytes);
        }
        keeper.Store!.Sites.LiveBytes.ShouldBe(0);
    }

    static (TraceStore Store, IFrameSource Frames) Record(int pid, Action meanwhile)
    {
        var keeper = new Keeper();
        ManagedTrace.IsManaged(pid).ShouldBeTrue();
        using var trace = ManagedTrace.Attach(pid, keeper);
        meanwhile();
        trace.Stop();
        keeper.Store!.Ending.ShouldBe(TraceEnding.Detached);
        return (keeper.Store, trace.Frames);
    }

    sealed class Keeper : ITraceObserver
    {
        public TraceStore? Store { get; private set; }

        public ITraceSink Begin(TraceProcess process) => Store = new TraceStore(process);
    }
}
