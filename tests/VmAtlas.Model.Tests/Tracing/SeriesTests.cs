using VmAtlas.Model.Tracing;
using VmAtlas.Testing;

namespace VmAtlas.Model.Tests.Tracing;

public sealed class SeriesTests
{
    const long Second = 1_000_000_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void What_sites_held_at_a_kept_moment_is_what_the_plain_model_says(int seed)
    {
        var trace = new RandomTrace(seed, 30_000);
        var store = TraceStores.Of(trace);
        store.Series.Times.Count.ShouldBeInRange(100, 256);
        var (held, at) = (new Dictionary<ulong, (uint Site, long Size)>(), 0);
        foreach (var (time, live) in store.Series.Times.Zip(store.Series.At(store.Series.Times, store.Sites.Count)))
        {
            for (; at < trace.Events.Length && trace.Events[at].Time <= time; at++)
                Apply(held, trace.Events[at]);
            for (var row = 0; row < store.Sites.Count; row++)
                live[row].ShouldBe(held.Values.Where(b => b.Site == store.Sites.Site(row)).Sum(b => b.Size), $"row {row} at {time}");
        }
    }

    [Fact]
    public void A_steady_leak_comes_before_what_is_built_once_and_what_comes_and_goes()
    {
        var store = new TraceStore(new TraceProcess(1, 0, "leaky", DateTimeOffset.UnixEpoch, false, 0));
        store.Nodes([new CallNode(1, 0, 0x10, -1), new CallNode(2, 0, 0x20, -1), new CallNode(3, 0, 0x30, -1)]);
        var next = 0x1000UL;
        void Allocate(uint site, long time, ulong size) => store.Events(
            [new TraceEvent { Time = time, Operation = TraceOperation.Allocate, Site = site, Address = next += 64, Size = size, Weight = 1 }]);
        Allocate(2, Second / 10, 1 << 20);
        for (var i = 1; i < 600; i++)
        {
            Allocate(1, i * Second / 10, 100);
            Allocate(3, i * Second / 10 + 5, 5000);
            if (i % 2 == 0)
                store.Events([new TraceEvent { Time = i * Second / 10 + 7, Operation = TraceOperation.Free, Address = next, Weight = 1 }]);
            if (i % 2 == 1 && i > 1)
                store.Events([new TraceEvent { Time = i * Second / 10 + 7, Operation = TraceOperation.Free, Address = next, Weight = 1 }]);
        }
        store.End(TraceEnding.Exited, 0, 60 * Second);
        var growth = SiteGrowth.Between(store, 0, 60 * Second);
        growth.Select(g => store.Sites.Site(g.Row)).ShouldBe([1u, 2u, 3u]);
        growth[0].IsSteady.ShouldBeTrue();
        growth[0].Grown.ShouldBe(599 * 100);
        growth[1].IsSteady.ShouldBeFalse();
        var late = SiteGrowth.Between(store, 30 * Second, 60 * Second);
        late.Select(g => store.Sites.Site(g.Row)).ShouldBe([1u]);
        late[0].Grown.ShouldBeInRange(29_500, 30_500);
    }

    static void Apply(Dictionary<ulong, (uint Site, long Size)> held, TraceEvent e)
    {
        if (e.Operation == TraceOperation.Free)
            held.Remove(e.Address);
        else if (e.Operation is TraceOperation.Allocate or TraceOperation.Resize)
            held[e.Address] = (e.Site, (long)e.Size);
    }
}
