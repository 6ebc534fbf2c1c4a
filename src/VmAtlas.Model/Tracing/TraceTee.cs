namespace VmAtlas.Model.Tracing;

/// <summary>Tells two sinks the same, one after the other: what a trace comes to, and the file that keeps it.</summary>
public sealed class TraceTee(ITraceSink first, ITraceSink second) : ITraceSink
{
    public void Module(TraceModule module)
    {
        first.Module(module);
        second.Module(module);
    }

    public void Thread(TraceThread thread)
    {
        first.Thread(thread);
        second.Thread(thread);
    }

    public void ThreadName(int thread, string name)
    {
        first.ThreadName(thread, name);
        second.ThreadName(thread, name);
    }

    public void Nodes(ReadOnlySpan<CallNode> nodes)
    {
        first.Nodes(nodes);
        second.Nodes(nodes);
    }

    public void Events(ReadOnlySpan<TraceEvent> events)
    {
        first.Events(events);
        second.Events(events);
    }

    public void Dropped(long operations)
    {
        first.Dropped(operations);
        second.Dropped(operations);
    }

    public void End(TraceEnding ending, int value, long time)
    {
        first.End(ending, value, time);
        second.End(ending, value, time);
    }
}
