using VmAtlas.Model;

namespace VmAtlas.Tracing.Tests;

/// <summary>Keeps a whole trace, checking what the contract promises on the way.</summary>
sealed class Collected : ITraceObserver
{
    public List<CollectedProgram> Programs { get; } = [];

    public CollectedProgram First => Programs[0];

    public ITraceSink Begin(TraceProcess process)
    {
        lock (Programs)
            Programs.Add(new CollectedProgram(process));
        return Programs[^1];
    }
}

sealed class CollectedProgram(TraceProcess process) : ITraceSink
{
    long _last;

    public TraceProcess Process => process;

    public List<TraceModule> Modules { get; } = [];

    public List<TraceThread> Threads { get; } = [];

    public Dictionary<int, string> Names { get; } = [];

    public Dictionary<uint, CallNode> NodesById { get; } = [];

    /// <summary>The first two million.</summary>
    public List<TraceEvent> Kept { get; } = [];

    /// <summary>Blocks now live, by address.</summary>
    public Dictionary<ulong, TraceEvent> Live { get; } = [];

    public long UnknownFrees { get; private set; }

    /// <summary>An address handed out twice without being given back between: events in the wrong order.</summary>
    public long Doubled { get; private set; }

    public long Lost { get; private set; }

    public long EventCount { get; private set; }

    public ulong TotalBytes { get; private set; }

    public long TotalCount { get; private set; }

    public (TraceEnding Ending, int Value, long Time)? Ended { get; private set; }

    public void Module(TraceModule module)
    {
        module.Index.ShouldBe(Modules.Count);
        Modules.Add(module);
    }

    public void Thread(TraceThread thread)
    {
        thread.Index.ShouldBe(Threads.Count);
        Threads.Add(thread);
    }

    public void ThreadName(int thread, string name) => Names[thread] = name;

    public void Nodes(ReadOnlySpan<CallNode> nodes)
    {
        foreach (var node in nodes)
        {
            if (node.Parent != 0 && !NodesById.ContainsKey(node.Parent))
                throw new InvalidOperationException($"node {node.Id} before its parent {node.Parent}");
            if (node.Module >= Modules.Count)
                throw new InvalidOperationException($"node {node.Id} names module {node.Module} of {Modules.Count}");
            NodesById.Add(node.Id, node);
        }
    }

    public void Events(ReadOnlySpan<TraceEvent> events)
    {
        EventCount += events.Length;
        foreach (ref readonly var e in events)
        {
            if (e.Time < _last)
                throw new InvalidOperationException($"time goes back from {_last} to {e.Time}");
            if (e.Site != 0 && !NodesById.ContainsKey(e.Site))
                throw new InvalidOperationException($"an event before its node {e.Site}");
            if (e.Thread >= Threads.Count)
                throw new InvalidOperationException($"an event before its thread {e.Thread}");
            _last = e.Time;
            Apply(e);
            if (EventCount < 2_000_000)
                Kept.Add(e);
        }
    }

    public void Dropped(long operations) => Lost += operations;

    public void End(TraceEnding ending, int value, long time) => Ended = (ending, value, time);

    /// <summary>Return addresses, leaf first.</summary>
    public List<CallNode> Stack(uint site)
    {
        var stack = new List<CallNode>();
        for (; site != 0; site = NodesById[site].Parent)
            stack.Add(NodesById[site]);
        return stack;
    }

    void Apply(in TraceEvent e)
    {
        switch (e.Operation)
        {
            case TraceOperation.Allocate:
                if (!Live.TryAdd(e.Address, e))
                    Doubled++;
                Live[e.Address] = e;
                TotalBytes += e.Size;
                TotalCount++;
                break;
            case TraceOperation.Resize:
                if (Live.ContainsKey(e.Address))
                    Live[e.Address] = e;
                TotalBytes += e.Size;
                TotalCount++;
                break;
            case TraceOperation.Free:
                if (!Live.Remove(e.Address))
                    UnknownFrees++;
                break;
        }
    }
}
