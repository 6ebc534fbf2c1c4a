using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Symbols;
using VmAtlas.Tracing;

namespace VmAtlas.Cli.Targets;

/// <summary>The programs of a trace while it runs: each has its store, and its part of the file where there is one.</summary>
sealed class TracedPrograms(TraceWriter? writer) : ITraceObserver
{
    readonly Lock _lock = new();
    readonly List<TracedProgram> _programs = [];

    public IReadOnlyList<TracedProgram> All
    {
        get
        {
            lock (_lock)
                return [.. _programs];
        }
    }

    public ITraceSink Begin(TraceProcess process)
    {
        var program = new TracedProgram(process, writer?.Begin(process));
        lock (_lock)
            _programs.Add(program);
        return program;
    }

    /// <summary>Sums over all programs.</summary>
    public TraceTotals Totals()
    {
        var sum = new TraceTotals(0, 0, new SiteFigures(), new SiteFigures(), 0, 0, 0);
        foreach (var program in All)
        {
            var t = program.Totals();
            sum = new TraceTotals(Math.Max(sum.Time, t.Time), sum.Operations + t.Operations, sum.Heap + t.Heap, sum.Mappings + t.Mappings,
                sum.UnknownFrees + t.UnknownFrees, sum.LostFrees + t.LostFrees, sum.Dropped + t.Dropped) { PeakBytes = sum.PeakBytes + t.PeakBytes };
        }
        return sum;
    }

    /// <summary>Names all calls, and keeps the names in the file.</summary>
    /// <param name="root">Of the target's files, where that is not ours.</param>
    /// <param name="runtime">Knows the code that a runtime made, and no perf map names.</param>
    public void Resolve(SymbolPath path, string? root, IFrameSource? runtime = null)
    {
        using var source = new SymbolFrames(path, root);
        foreach (var program in All)
            program.Resolve(new CompiledFrames(source, program.PerfMap, runtime));
    }
}

/// <summary>One traced program.</summary>
sealed class TracedProgram(TraceProcess process, TraceRecording? recording) : ITraceSink
{
    NodeFrames? _frames;

    public TraceStore Store { get; } = new(process);

    /// <summary>Found while the program lives, read when it has ended.</summary>
    public PerfMapFile? PerfMap { get; } = OperatingSystem.IsLinux() ? PerfMapFile.Of(process.Pid) : null;

    public NodeFrames Frames => _frames ??= new NodeFrames(Store.CallNodes, Store.Modules);

    public TraceTotals Totals()
    {
        lock (Store.Gate)
            return Store.Totals;
    }

    public void Resolve(IFrameSource source)
    {
        FrameResolution.ResolveAll(Frames, Store.CallNodes, Store.Modules, source);
        recording?.Symbols(Frames, Store.CallNodes);
    }

    public void Module(TraceModule module)
    {
        Store.Module(module);
        recording?.Module(module);
    }

    public void Thread(TraceThread thread)
    {
        Store.Thread(thread);
        recording?.Thread(thread);
    }

    public void ThreadName(int thread, string name)
    {
        Store.ThreadName(thread, name);
        recording?.ThreadName(thread, name);
    }

    public void Nodes(ReadOnlySpan<CallNode> nodes)
    {
        Store.Nodes(nodes);
        recording?.Nodes(nodes);
    }

    public void Events(ReadOnlySpan<TraceEvent> events)
    {
        Store.Events(events);
        recording?.Events(events);
    }

    public void Dropped(long operations)
    {
        Store.Dropped(operations);
        recording?.Dropped(operations);
    }

    public void End(TraceEnding ending, int value, long time)
    {
        Store.End(ending, value, time);
        recording?.End(ending, value, time);
    }
}
