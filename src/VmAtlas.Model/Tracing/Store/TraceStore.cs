namespace VmAtlas.Model.Tracing;

/// <summary>What a trace of one program comes to: live blocks, call sites with their figures, who made which mapping. Its memory is bounded by what is
/// live and by the distinct stacks, not by the length of the trace.</summary>
/// <remarks>
/// Events come from one thread; whoever looks at it meanwhile holds <see cref="Gate"/>. A resized block counts as given back and handed out again,
/// by the call that resized it, whether the allocator moved it or not.
/// </remarks>
public sealed class TraceStore : ITraceSink
{
    const int MostLost = 1 << 16;

    readonly BlockStore _blocks;
    readonly List<TraceModule> _modules = [];
    long _now, _operations, _dropped;

    public TraceStore(TraceProcess process)
    {
        Process = process;
        Mappings = new MappingOwners(CallNodes);
        _blocks = new BlockStore(process.SampleInterval != 0, CallNodes, Mappings);
    }

    public Lock Gate { get; } = new();

    public TraceProcess Process { get; }

    public IReadOnlyList<TraceModule> Modules => _modules;

    public ThreadNames Threads { get; } = new();

    /// <summary>The blocks are objects of a managed program, which are seen when they are made and not when they die: nothing is known of what is live.</summary>
    public bool HasOnlyTotals => Threads.HaveCollector;

    public NodeTable CallNodes { get; } = new();

    /// <summary>Who asked for blocks.</summary>
    public SiteTable Sites => _blocks.Sites;

    /// <summary>Who asked for mappings. They are no part of <see cref="Sites"/>: an allocator's own mappings hold its blocks.</summary>
    public SiteTable MappingSites => Mappings.Sites;

    public MappingOwners Mappings { get; }

    /// <summary>What each of <see cref="Sites"/> held over time.</summary>
    public SiteSeries Series { get; } = new();

    public TraceEnding? Ending { get; private set; }

    /// <summary>See <see cref="TraceEnding"/>.</summary>
    public int EndingValue { get; private set; }

    public int LiveCount => _blocks.Count;

    public TraceTotals Totals => new(_now, _operations, Sites.Total, MappingSites.Total, _blocks.UnknownFrees, _blocks.LostFrees, _dropped)
    {
        PeakBytes = Sites.PeakBytes,
        PeakTime = Sites.PeakTime,
    };

    /// <summary>All live blocks, in no order.</summary>
    public LiveBlock[] LiveBlocks() => _blocks.ToArray();

    public LiveBlock? LiveBlockAt(Address address) => _blocks.At(address);

    public void Module(TraceModule module)
    {
        lock (Gate)
        {
            // Only a damaged file leaves any out.
            for (var lost = module.Index - _modules.Count; lost is > 0 and < MostLost; lost--)
                _modules.Add(new TraceModule(_modules.Count, "lost module", default, 0, ""));
            if (_modules.Count == module.Index)
                _modules.Add(module);
        }
    }

    public void Thread(TraceThread thread)
    {
        lock (Gate)
            Threads.Add(thread);
    }

    public void ThreadName(int thread, string name)
    {
        lock (Gate)
            Threads.Rename(thread, name);
    }

    public void Nodes(ReadOnlySpan<CallNode> nodes)
    {
        lock (Gate)
        {
            foreach (ref readonly var node in nodes)
                CallNodes.Add(node);
        }
    }

    public void Events(ReadOnlySpan<TraceEvent> events)
    {
        lock (Gate)
        {
            _operations += events.Length;
            for (var length = 0; events.Length > 0; events = events[length..])
            {
                if (events[0].Time >= Series.Due)
                    Series.Take(_now, Sites);
                length = UntilDue(events[..Math.Min(events.Length, BlockStore.MostAtOnce)]);
                _blocks.Take(events[..length]);
                _now = events[length - 1].Time;
            }
        }
    }

    public void Dropped(long operations)
    {
        lock (Gate)
            _dropped += operations;
    }

    public void End(TraceEnding ending, int value, long time)
    {
        lock (Gate)
        {
            (Ending, EndingValue) = (ending, value);
            _now = Math.Max(_now, time);
            Series.Take(_now, Sites);
        }
    }

    /// <summary>How many of these come before the series' next moment, the first in any case. They are in order of time.</summary>
    int UntilDue(ReadOnlySpan<TraceEvent> events)
    {
        var until = events.Length;
        while (until > 1 && events[until - 1].Time >= Series.Due)
            until--;
        return until;
    }
}
