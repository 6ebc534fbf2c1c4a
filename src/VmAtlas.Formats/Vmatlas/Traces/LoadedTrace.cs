using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Formats.Vmatlas.Traces;

/// <summary>A trace read from a file: what it comes to, and the functions of its calls.</summary>
public sealed class LoadedTrace : ITraceSink
{
    readonly ReaderLimits _limits;

    LoadedTrace(TraceProcess process, ReaderLimits limits)
    {
        (Store, _limits) = (new TraceStore(process), limits);
        Frames = new NodeFrames(Store.CallNodes, Store.Modules);
    }

    public TraceStore Store { get; }

    public NodeFrames Frames { get; }

    /// <summary>Reads all traces of a file, the first program first.</summary>
    /// <exception cref="VmAtlasException">The file can not be opened, or asks for more than the limits allow.</exception>
    public static (IReadOnlyList<LoadedTrace> Traces, IReadOnlyList<Problem> Problems) ReadAll(string path, ReaderLimits? limits = null)
    {
        using var reader = TraceReader.Open(path, limits);
        var loader = new Loader(limits ?? ReaderLimits.Default);
        reader.Play(loader, sink => ((LoadedTrace)sink).Frames);
        return (loader.Traces, reader.Problems);
    }

    public void Module(TraceModule module) => Store.Module(module);

    public void Thread(TraceThread thread) => Store.Thread(thread);

    public void ThreadName(int thread, string name) => Store.ThreadName(thread, name);

    public void Nodes(ReadOnlySpan<CallNode> nodes) => Store.Nodes(nodes);

    public void Events(ReadOnlySpan<TraceEvent> events)
    {
        Store.Events(events);
        if (Store.LiveCount > _limits.LiveBlocks)
            throw new VmAtlasException(Failure.BadFile, $"the trace has more than {_limits.LiveBlocks} live blocks");
    }

    public void Dropped(long operations) => Store.Dropped(operations);

    public void End(TraceEnding ending, int value, long time) => Store.End(ending, value, time);

    sealed class Loader(ReaderLimits limits) : ITraceObserver
    {
        public List<LoadedTrace> Traces { get; } = [];

        public ITraceSink Begin(TraceProcess process)
        {
            var trace = new LoadedTrace(process, limits);
            Traces.Add(trace);
            return trace;
        }
    }
}
