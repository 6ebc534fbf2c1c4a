using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Formats.Vmatlas.Traces;

/// <summary>The traces of a <c>.vmatlas</c> file, played to whoever wants to hear them as if they were being recorded.</summary>
public sealed class TraceReader : IDisposable
{
    readonly Stream _stream;
    readonly ReaderLimits _limits;
    readonly int _start;
    readonly List<Problem> _problems = [];

    TraceReader(Stream stream, ReaderLimits limits)
    {
        (_stream, _limits) = (stream, limits);
        var head = new byte[Math.Min(FileHead.MaxLength, stream.Length)];
        stream.ReadExactly(head);
        _start = FileHead.Parse(head).Length;
    }

    /// <summary>What was damaged, cut off or missing, of the last time it was played.</summary>
    public IReadOnlyList<Problem> Problems => _problems;

    /// <exception cref="VmAtlasException">No such file, not permitted, not a .vmatlas file, or from a newer version.</exception>
    public static TraceReader Open(string path, ReaderLimits? limits = null)
    {
        var stream = FileErrors.Open(path, () => new FileStream(path, new FileStreamOptions { Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 1 << 16 }));
        try
        {
            return new TraceReader(stream, limits ?? ReaderLimits.Default);
        }
        catch (VmAtlasException e)
        {
            stream.Dispose();
            throw new VmAtlasException(e.Failure, $"{path}: {e.Message}", e);
        }
    }

    /// <summary>Plays all traces of the file, chunk by chunk.</summary>
    /// <param name="frames">Where the functions of a sink's call nodes go; nobody wants them when it is null or says null.</param>
    /// <param name="events">Whether events are wanted, or only what they build on.</param>
    /// <exception cref="VmAtlasException">The file asks for more than the limits allow.</exception>
    public void Play(ITraceObserver observer, Func<ITraceSink, NodeFrames?>? frames = null, bool events = true)
    {
        _problems.Clear();
        var traces = new Dictionary<uint, PlayedTrace>();
        foreach (var (offset, head, payload) in new ChunkScanner(_stream, _limits, _problems).Scan(_start))
        {
            if (!head.IsTrace || head.Type == ChunkType.TraceEvents && !events)
                continue;
            try
            {
                Play(head, payload, traces, observer, frames, events);
            }
            catch (InvalidDataException e) // not what a sink has to say of its own: the output was closed
            {
                _problems.Add(new Problem("bad-chunk", $"the chunk at byte {offset} can not be read: {e.Message}"));
            }
        }
        foreach (var trace in traces.Values)
            trace.Close();
    }

    public void Dispose() => _stream.Dispose();

    void Play(
        ChunkHead head, byte[] payload, Dictionary<uint, PlayedTrace> traces, ITraceObserver observer, Func<ITraceSink, NodeFrames?>? frames, bool all)
    {
        var place = TraceChunkHead.Parse(payload);
        var content = Chunk.Inflate(head, payload, TraceChunkHead.Length, _limits);
        if (head.Type == ChunkType.Trace)
        {
            if (traces.Count >= _limits.Traces || traces.ContainsKey(place.Trace))
                throw new InvalidDataException($"trace {place.Trace} is there twice, or there are more than {_limits.Traces}");
            var sink = observer.Begin(PlayedTrace.ReadProcess(content, _limits));
            traces.Add(place.Trace, new PlayedTrace(sink, frames?.Invoke(sink), _limits));
            return;
        }
        if (!traces.TryGetValue(place.Trace, out var trace))
            throw new InvalidDataException($"it belongs to trace {place.Trace}, whose begin is lost");
        if (all && trace.Missed(place.Sequence) is var missed and > 0)
            _problems.Add(new Problem("lost-events", $"{missed} parts of trace {place.Trace} are lost: its figures are too small from there on"));
        trace.Play(head.Type, content);
    }
}
