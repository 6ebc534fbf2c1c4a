using VmAtlas.Model;

namespace VmAtlas.Testing;

/// <summary>A made-up trace that knows its own totals: the same for the same seed. It calls a sink the way the tracer does.</summary>
public sealed class SyntheticTrace(int seed, int events)
{
    const int Batch = 1000;
    const int Depth = 6;
    const int Sites = 40;

    readonly Random _random = new(seed);
    readonly List<(ulong Address, ulong Size, uint Site)> _live = [];
    readonly TraceEvent[] _batch = new TraceEvent[Batch];
    ulong _next = 0x5555_0000_0000;
    int _filled;

    public IReadOnlyDictionary<uint, ulong> LiveBytes =>
        _live.GroupBy(b => b.Site).ToDictionary(g => g.Key, g => g.Aggregate(0UL, (sum, b) => sum + b.Size));

    public IReadOnlyDictionary<ulong, ulong> LiveBlocks => _live.ToDictionary(b => b.Address, b => b.Size);

    public ulong TotalBytes { get; private set; }

    public long TotalCount { get; private set; }

    public ulong PeakBytes { get; private set; }

    /// <summary>Whole stacks, leaf first, by site.</summary>
    public Dictionary<uint, ulong[]> Stacks { get; } = [];

    public void Play(ITraceObserver observer)
    {
        var sink = observer.Begin(new TraceProcess(4711, 0, "synthetic --seed", DateTimeOffset.UnixEpoch, Attached: false, SampleInterval: 0));
        sink.Module(new TraceModule(0, "/usr/bin/synthetic", AddressRange.Of(0x400000, 0x500000), 0x400000, "5eed"));
        sink.Module(new TraceModule(1, "/lib/libsynthetic.so", AddressRange.Of(0x7f0000000000, 0x7f0000100000), 0x7f0000000000, "c0de"));
        sink.Thread(new TraceThread(0, 4711, "main"));
        sink.Thread(new TraceThread(1, 4712, "worker"));
        var sites = TellNodes(sink);
        ulong live = 0;
        for (var i = 0; i < events; i++)
        {
            live = Step(sink, sites, i * 1000L, live);
            PeakBytes = Math.Max(PeakBytes, live);
        }
        Flush(sink);
        sink.End(TraceEnding.Exited, 0, events * 1000L);
    }

    uint[] TellNodes(ITraceSink sink)
    {
        var sites = new uint[Sites];
        var nodes = new List<CallNode>();
        for (var s = 0; s < Sites; s++)
        {
            uint parent = 0;
            var stack = new ulong[Depth];
            for (var d = 0; d < Depth; d++)
            {
                var module = d % 2;
                var pc = (module == 0 ? 0x400000UL : 0x7f0000000000) + (ulong)(d * 0x1000) + (d < 3 ? 0x10UL : (ulong)(s * 16 + 0x20));
                var known = nodes.FirstOrDefault(n => n.Parent == parent && n.Pc == pc);
                if (known.Id == 0)
                    nodes.Add(known = new CallNode((uint)nodes.Count + 1, parent, pc, module));
                parent = known.Id;
                stack[Depth - 1 - d] = pc;
            }
            Stacks[sites[s] = parent] = stack;
        }
        sink.Nodes(nodes.ToArray());
        return sites;
    }

    ulong Step(ITraceSink sink, uint[] sites, long time, ulong live)
    {
        var thread = _random.Next(2);
        if (_live.Count > 0 && _random.Next(100) < 45)
        {
            var at = _random.Next(_live.Count);
            var gone = _live[at];
            _live[at] = _live[^1];
            _live.RemoveAt(_live.Count - 1);
            Put(sink, new TraceEvent
            {
                Time = time, Thread = thread, Operation = TraceOperation.Free, Function = TraceFunction.Free, Address = gone.Address, Weight = 1,
            });
            return live - gone.Size;
        }
        var block = (Address: _next, Size: (ulong)_random.Next(1, 5000), Site: sites[_random.Next(Sites)]);
        _next += 8192;
        _live.Add(block);
        TotalBytes += block.Size;
        TotalCount++;
        Put(sink, new TraceEvent
        {
            Time = time, Thread = thread, Operation = TraceOperation.Allocate, Function = TraceFunction.Malloc,
            Address = block.Address, Size = block.Size, Site = block.Site, Weight = 1,
        });
        return live + block.Size;
    }

    void Put(ITraceSink sink, TraceEvent e)
    {
        _batch[_filled++] = e;
        if (_filled == Batch)
            Flush(sink);
    }

    void Flush(ITraceSink sink)
    {
        sink.Events(_batch.AsSpan(0, _filled));
        _filled = 0;
    }
}
