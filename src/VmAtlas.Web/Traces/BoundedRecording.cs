using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;

namespace VmAtlas.Web.Traces;

/// <summary>A recording that no trace can fill the disk with: of events beyond a size of the file only the number is kept, as of ones that were dropped.</summary>
/// <param name="length">Bytes of the file so far.</param>
sealed class BoundedRecording(TraceRecording recording, Func<long> length, long most) : ITraceSink
{
    public void Module(TraceModule module) => recording.Module(module);

    public void Thread(TraceThread thread) => recording.Thread(thread);

    public void ThreadName(int thread, string name) => recording.ThreadName(thread, name);

    public void Nodes(ReadOnlySpan<CallNode> nodes) => recording.Nodes(nodes);

    public void Events(ReadOnlySpan<TraceEvent> events)
    {
        if (length() < most)
            recording.Events(events);
        else
            recording.Dropped(events.Length);
    }

    public void Dropped(long operations) => recording.Dropped(operations);

    public void End(TraceEnding ending, int value, long time) => recording.End(ending, value, time);
}
