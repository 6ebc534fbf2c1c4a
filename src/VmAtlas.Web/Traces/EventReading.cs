using System.Buffers.Binary;
using VmAtlas.Formats.Frame;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Web.Frames;

namespace VmAtlas.Web.Traces;

/// <summary>Reads the events that a filter lets through and sends them on in frames, each behind its length, while the file is still being read.
/// The last frame has no rows.</summary>
sealed class EventReading(TargetTraces traces, int program, EventFilter filter, int most, CancellationToken cancellation)
{
    /// <summary>Few at first, so that something is seen at once.</summary>
    const int FirstRows = 256, RowsOfFrame = 1 << 14;

    readonly List<TraceEvent> _events = [];
    readonly Dictionary<uint, string> _calls = [];
    int _told;

    /// <summary>Runs on a thread of its own: reading the file is not asynchronous.</summary>
    public void SendTo(Stream answer)
    {
        var threads = traces.Look(program, static p => p.Store.Threads);
        try
        {
            traces.PlayEvents(program, e =>
            {
                cancellation.ThrowIfCancellationRequested();
                if (!filter.Matches(e, threads))
                    return;
                if (_told + _events.Count == most)
                    throw new EnoughException();
                _events.Add(e);
                if (_events.Count == (_told == 0 ? FirstRows : RowsOfFrame))
                    Send(answer);
            });
        }
        catch (EnoughException)
        {
            // The page says that there are more.
        }
        if (_events.Count > 0)
            Send(answer);
        Send(answer);
    }

    void Send(Stream answer)
    {
        var frame = traces.Look(program, p => EventsFrame.Of(p, _events, _calls));
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, frame.Length);
        answer.Write(length);
        frame.WriteToAsync(answer, cancellation).AsTask().GetAwaiter().GetResult();
        answer.Flush();
        _told += _events.Count;
        _events.Clear();
    }

    sealed class EnoughException : Exception;
}
