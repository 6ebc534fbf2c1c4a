namespace VmAtlas.Model;

/// <summary>Is told of every program of a trace and gives a sink for each.</summary>
public interface ITraceObserver
{
    ITraceSink Begin(TraceProcess process);
}

/// <summary>Receives the trace of one program, from one thread at a time.</summary>
/// <remarks>
/// Events come merged over all threads, in order of time. A module is told before a node that names it, a node before an event that does, a
/// thread before its first event. The spans are valid during the call only.
/// </remarks>
public interface ITraceSink
{
    void Module(TraceModule module);

    void Thread(TraceThread thread);

    /// <summary>Told again when a thread took another name.</summary>
    void ThreadName(int thread, string name);

    void Nodes(ReadOnlySpan<CallNode> nodes);

    void Events(ReadOnlySpan<TraceEvent> events);

    /// <summary>So many more operations happened that are in no batch; totals are lower bounds from here on.</summary>
    void Dropped(long operations);

    /// <summary>Nothing follows.</summary>
    /// <param name="time">Nanoseconds since the trace began.</param>
    /// <param name="value">See <see cref="TraceEnding"/>.</param>
    void End(TraceEnding ending, int value, long time);
}
