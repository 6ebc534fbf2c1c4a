using System.Runtime.CompilerServices;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Model.Tests.Tracing;

public sealed class TraceContractTests
{
    [Fact]
    public void An_event_takes_one_cache_line() => Unsafe.SizeOf<TraceEvent>().ShouldBe(64);

    [Fact]
    public void The_synthetic_trace_says_nodes_before_events_and_knows_its_totals()
    {
        var trace = new SyntheticTrace(seed: 5, events: 20_000);
        var seen = new Collected();
        trace.Play(seen);
        seen.Live.ShouldBe(trace.LiveBlocks, ignoreOrder: true);
        seen.Total.ShouldBe(trace.TotalBytes);
        seen.Ended.ShouldBe(TraceEnding.Exited);
    }

    sealed class Collected : ITraceObserver, ITraceSink
    {
        readonly HashSet<uint> _nodes = [];

        public Dictionary<ulong, ulong> Live { get; } = [];

        public ulong Total { get; private set; }

        public TraceEnding? Ended { get; private set; }

        public ITraceSink Begin(TraceProcess process) => this;

        public void Module(TraceModule module)
        {
        }

        public void Thread(TraceThread thread)
        {
        }

        public void ThreadName(int thread, string name)
        {
        }

        public void Nodes(ReadOnlySpan<CallNode> nodes)
        {
            foreach (var node in nodes)
                _nodes.Add(node.Id).ShouldBeTrue();
        }

        public void Events(ReadOnlySpan<TraceEvent> events)
        {
            foreach (var e in events)
            {
                if (e.Operation == TraceOperation.Free)
                {
                    Live.Remove(e.Address).ShouldBeTrue();
                    continue;
                }
                _nodes.ShouldContain(e.Site);
                Live.Add(e.Address, e.Size);
                Total += e.Size;
            }
        }

        public void Dropped(long operations)
        {
        }

        public void End(TraceEnding ending, int value, long time) => Ended = ending;
    }
}
