using VmAtlas.Model;

namespace VmAtlas.Formats.Vmatlas.Traces;

/// <summary>Hears the events of one program of a file and passes over all others.</summary>
/// <param name="number">Of the traces in the file, from 0.</param>
public sealed class EventStream(int number, Action<TraceEvent> heard) : ITraceObserver
{
    int _programs;

    public ITraceSink Begin(TraceProcess process) => new Sink(_programs++ == number ? heard : null);

    sealed class Sink(Action<TraceEvent>? heard) : ITraceSink
    {
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
        }

        public void Events(ReadOnlySpan<TraceEvent> events)
        {
            if (heard is null)
                return;
            foreach (var e in events)
                heard(e);
        }

        public void Dropped(long operations)
        {
        }

        public void End(TraceEnding ending, int value, long time)
        {
        }
    }
}
