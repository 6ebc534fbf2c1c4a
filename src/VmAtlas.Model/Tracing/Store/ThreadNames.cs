namespace VmAtlas.Model.Tracing;

/// <summary>The threads of a trace, bounded: a server that starts one for each request has no end of them.</summary>
public sealed class ThreadNames
{
    /// <summary>Threads told apart; later ones count together as the last of them.</summary>
    public const int Most = 4096;

    readonly List<TraceThread> _threads = [];

    public int Count => _threads.Count;

    /// <summary>One of them is <see cref="TraceThread.Collector"/>.</summary>
    public bool HaveCollector { get; private set; }

    /// <summary>By its number in the store. The last possible one stands for all that came later.</summary>
    public TraceThread this[int number] => number < _threads.Count ? _threads[number] : new TraceThread(number, 0, "unknown thread");

    /// <summary>The thread that an event tells of.</summary>
    public TraceThread OfEvent(in TraceEvent e) => this[NumberOf(e.Thread)];

    internal void Add(TraceThread thread)
    {
        HaveCollector |= thread.IsCollector;
        if (_threads.Count < Most - 1)
            _threads.Add(thread);
        else if (_threads.Count == Most - 1)
            _threads.Add(new TraceThread(Most - 1, 0, "later threads"));
    }

    internal void Rename(int thread, string name)
    {
        if (thread >= 0 && thread < Math.Min(_threads.Count, Most - 1))
            _threads[thread] = _threads[thread] with { Name = name };
    }

    /// <summary>The number in the store of a thread of the tracer.</summary>
    internal static int NumberOf(int thread) => (uint)thread < Most ? thread : Most - 1;
}
