using VmAtlas.Model.Tracing;
using VmAtlas.Testing;

namespace VmAtlas.Model.Tests.Tracing;

public sealed class TraceStoreTests
{
    public static TheoryData<int, bool, bool> Traces => new(
        from seed in Enumerable.Range(0, 12)
        select (seed, seed % 3 == 1, seed % 3 == 2));

    [Theory]
    [MemberData(nameof(Traces))]
    public void Blocks_sites_peaks_and_temporaries_are_those_of_the_plain_model(int seed, bool sampled, bool attached)
    {
        var trace = new RandomTrace(seed, 10_000, sampled, attached);
        var (store, truth) = (TraceStores.Of(trace), new NaiveTrace(trace));
        store.LiveBlocks().ToDictionary(b => b.Address, b => (b.Size, store.Sites.Site(b.Site), (int)b.Thread, b.Time))
            .ShouldBe(truth.Live.ToDictionary(b => b.Key, b => (b.Value.Size, b.Value.Site, b.Value.Thread, b.Value.Time)), ignoreOrder: true);
        store.Totals.UnknownFrees.ShouldBe(truth.Unknown);
        store.Totals.LostFrees.ShouldBe(truth.Lost);
        store.Totals.PeakBytes.ShouldBe(truth.PeakBytes);
        store.Totals.PeakTime.ShouldBe(truth.PeakTime);
        store.Sites.Count.ShouldBe(truth.Sites.Count);
        for (var row = 0; row < store.Sites.Count; row++)
        {
            var (figures, expected) = (store.Sites[row], truth.Sites[store.Sites.Site(row)]);
            (figures.LiveBytes, figures.TotalBytes, figures.AtPeakBytes, store.Sites.Peak(row))
                .ShouldBe((expected.Live, expected.Total, expected.AtPeak, expected.Peak), $"site {store.Sites.Site(row)}");
            figures.LiveCount.ShouldBe(expected.LiveCount, 1e-6);
            figures.TotalCount.ShouldBe(expected.TotalCount, 1e-6);
            figures.TemporaryCount.ShouldBe(expected.Temporary, 1e-6);
        }
    }

    [Theory]
    [MemberData(nameof(Traces))]
    public void Threads_share_a_site_as_in_the_plain_model(int seed, bool sampled, bool attached)
    {
        var trace = new RandomTrace(seed, 5_000, sampled, attached);
        var (store, truth) = (TraceStores.Of(trace), new NaiveTrace(trace));
        var shares = from row in Enumerable.Range(0, store.Sites.Count)
                     from share in store.Sites.ByThread(row)
                     select (Key: (store.Sites.Site(row), share.Thread), share.Figures);
        var seen = shares.ToDictionary(s => s.Key, s => s.Figures);
        seen.Keys.ShouldBe(truth.Threads.Keys, ignoreOrder: true);
        foreach (var (key, expected) in truth.Threads)
        {
            (seen[key].LiveBytes, seen[key].TotalBytes, seen[key].AtPeakBytes).ShouldBe((expected.Live, expected.Total, expected.AtPeak));
            seen[key].LiveCount.ShouldBe(expected.LiveCount, 1e-6);
            seen[key].TotalCount.ShouldBe(expected.TotalCount, 1e-6);
            seen[key].TemporaryCount.ShouldBe(expected.Temporary, 1e-6);
        }
    }

    /// <summary>Peaks are numbered, and numbers end.</summary>
    [Fact]
    public unsafe void After_four_thousand_million_peaks_the_next_is_found_as_well()
    {
        var trace = new RandomTrace(seed: 5, 20_000, sampled: false, attached: false);
        var (truth, stores) = (new NaiveTrace(trace), new List<TraceStore>());
        trace.Play(new Late(stores));
        var sites = stores.Single().Sites;
        sites.Ledger->PeakNumber.ShouldBeLessThan(uint.MaxValue / 2, "it began anew");
        for (var row = 0; row < sites.Count; row++)
            sites[row].AtPeakBytes.ShouldBe(truth.Sites[sites.Site(row)].AtPeak);
    }

    sealed unsafe class Late(List<TraceStore> stores) : ITraceObserver
    {
        public ITraceSink Begin(TraceProcess process)
        {
            var store = new TraceStore(process);
            store.Sites.Ledger->PeakNumber = uint.MaxValue - (1 << 20) - 20;
            stores.Add(store);
            return store;
        }
    }

    [Theory]
    [MemberData(nameof(Traces))]
    public void Each_mapped_page_is_owned_by_who_mapped_it_last(int seed, bool sampled, bool attached)
    {
        var trace = new RandomTrace(seed, 10_000, sampled, attached);
        var (store, truth) = (TraceStores.Of(trace), new NaiveTrace(trace));
        var pages = new Dictionary<ulong, (uint, long)>();
        foreach (var owner in store.Mappings.Ranges)
        {
            for (var page = owner.Range.Start.Value; page < owner.Range.End.Value; page += 4096)
                pages.Add(page, (store.MappingSites.Site(owner.Site), owner.Time));
        }
        pages.ShouldBe(truth.Pages, ignoreOrder: true);
        foreach (var page in truth.Pages)
            store.Mappings.Find(new Address(page.Key + 100))!.Value.Time.ShouldBe(page.Value.Time);
        store.Totals.Mappings.LiveBytes.ShouldBe(truth.Pages.Count * 4096L);
        store.Totals.Mappings.LiveCount.ShouldBe(store.Mappings.Ranges.Count);
        store.Mappings.Within(AddressRange.Of(0, ulong.MaxValue)).ShouldBe(store.Mappings.Ranges);
    }

    [Fact]
    public void The_synthetic_trace_comes_to_what_it_knows_of_itself()
    {
        var trace = new SyntheticTrace(seed: 3, events: 50_000);
        var store = TraceStores.Of(trace);
        store.LiveBlocks().ToDictionary(b => b.Address, b => b.Size).ShouldBe(trace.LiveBlocks, ignoreOrder: true);
        store.Totals.Heap.TotalBytes.ShouldBe((long)trace.TotalBytes);
        store.Totals.Heap.TotalCount.ShouldBe(trace.TotalCount);
        store.Totals.PeakBytes.ShouldBe((long)trace.PeakBytes);
        store.Totals.UnknownFrees.ShouldBe(0);
        foreach (var site in Enumerable.Range(0, store.Sites.Count))
            store.CallNodes.Stack(store.Sites.Site(site)).Select(n => store.CallNodes[n].Pc).ShouldBe(trace.Stacks[store.Sites.Site(site)]);
    }

    [Fact]
    public void A_thread_for_each_request_does_not_take_memory_without_end()
    {
        var store = new TraceStore(new TraceProcess(1, 0, "server", DateTimeOffset.UnixEpoch, false, 0));
        for (var i = 0; i < 10_000; i++)
        {
            store.Thread(new TraceThread(i, i, "request"));
            store.Events([new TraceEvent { Time = i, Thread = i, Operation = TraceOperation.Allocate, Address = (ulong)(i + 1) * 16, Size = 1, Weight = 1 }]);
        }
        store.Threads.Count.ShouldBe(ThreadNames.Most);
        store.Threads[ThreadNames.Most - 1].Name.ShouldBe("later threads");
        store.Sites.ByThread(0).Count().ShouldBe(ThreadNames.Most);
        store.Sites.ByThread(0).Sum(s => s.Figures.LiveBytes).ShouldBe(10_000);
    }

    [Theory]
    [InlineData(5, 0, 4)]
    [InlineData(5, 5, 6)]
    [InlineData(5, 0, 200_000_000)]
    public void A_node_out_of_order_or_proportion_is_refused(uint first, uint parent, uint second)
    {
        var nodes = new NodeTable();
        nodes.Add(new CallNode(first, 0, 0x1000, 0));
        Should.Throw<InvalidDataException>(() => nodes.Add(new CallNode(second, second == 6 ? 6 : parent, 0x2000, 0)));
    }

    /// <summary>What a trace costs is by its stacks and what is live, never by how many sizes they ask for: a table of both once took 19 GB for a compiler's run.</summary>
    [Fact]
    public void Many_sizes_from_many_stacks_cost_nothing()
    {
        const int Sites = 1000, Sizes = 3000, Most = 8 << 20;
        var store = new TraceStore(new TraceProcess(1, 0, "", default, false, 0));
        store.Thread(new TraceThread(0, 1, ""));
        store.Nodes([.. Enumerable.Range(1, Sites).Select(i => new CallNode((uint)i, 0, (ulong)i, -1))]);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var events = new TraceEvent[Sizes * 2];
        for (var site = 1u; site <= Sites; site++)
        {
            for (var i = 0; i < events.Length; i += 2)
            {
                var (time, address) = (site * 10_000L + i, 0x1000UL + (ulong)i * 32);
                events[i] = new TraceEvent { Time = time, Address = address, Size = (ulong)i + site * 7919, Weight = 1, Site = site, Operation = TraceOperation.Allocate, Function = TraceFunction.Malloc };
                events[i + 1] = new TraceEvent { Time = time + 1, Address = address, Weight = 1, Operation = TraceOperation.Free, Function = TraceFunction.Free };
            }
            store.Events(events);
        }
        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(Most);
        store.Sites.Count.ShouldBe(Sites);
        store.Totals.Heap.TotalCount.ShouldBe(Sites * Sizes);
        store.Totals.Heap.LiveCount.ShouldBe(0);
    }
}
