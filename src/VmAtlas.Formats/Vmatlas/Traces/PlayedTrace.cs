using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Formats.Vmatlas.Traces;

/// <summary>One trace of a file while it is played to its sink.</summary>
sealed class PlayedTrace(ITraceSink sink, NodeFrames? frames, ReaderLimits limits)
{
    readonly NodeTable _nodes = new();
    uint _sequence;
    long _time, _textBytes;
    bool _ended;

    public static TraceProcess ReadProcess(ReadOnlySpan<byte> content, ReaderLimits limits)
    {
        var from = new ByteCursor(content);
        var (pid, parent) = (from.Count(int.MaxValue, "as a pid"), from.Count(int.MaxValue, "as a pid"));
        return new TraceProcess(pid, parent, from.Text(limits.TextBytes), FileTime.ToTime(from.Int64()), from.Byte() != 0, from.VarInt());
    }

    /// <summary>How many chunks are missing before this one.</summary>
    public uint Missed(uint sequence)
    {
        var missed = sequence > _sequence + 1UL ? sequence - _sequence - 1 : 0;
        _sequence = Math.Max(_sequence, sequence);
        return missed;
    }

    public void Play(ChunkType type, byte[] content)
    {
        if (type == ChunkType.TraceFacts)
            Facts(content);
        else if (type == ChunkType.TraceNodes)
            Nodes(content);
        else if (type == ChunkType.TraceEvents)
            EventDecoder.Decode(content, Events);
        else if (frames is not null)
            SymbolChunks.Decode(content, frames, _nodes, limits);
    }

    /// <summary>The recorder did not come to say how it ended.</summary>
    public void Close()
    {
        if (!_ended)
            sink.End(TraceEnding.Gone, 0, _time);
    }

    void Events(ReadOnlySpan<TraceEvent> events)
    {
        _time = Math.Max(_time, events[^1].Time);
        sink.Events(events);
    }

    void Nodes(byte[] content)
    {
        var from = new ByteCursor(content);
        var nodes = new CallNode[from.Count(Math.Min(from.Remaining, limits.CallNodes - _nodes.Count), "call nodes")];
        var before = default(CallNode);
        for (var i = 0; i < nodes.Length; i++)
        {
            var id = unchecked(before.Id + from.VarInt());
            var parent = unchecked(id - from.VarInt());
            if (id > uint.MaxValue || parent >= id)
                throw new InvalidDataException($"call node {id} is called from {parent}");
            var pc = ZigZag.Back(from.VarInt(), before.Pc);
            nodes[i] = before = new CallNode((uint)id, (uint)parent, pc, from.Count(limits.Rows, "as a module") - 1, (CallNodeKind)Math.Min(from.Byte(), (byte)CallNodeKind.Truncated));
            _nodes.Add(before);
        }
        sink.Nodes(nodes);
    }

    void Facts(byte[] content)
    {
        var from = new ByteCursor(content);
        while (!from.AtEnd)
            Fact((TraceFact)from.Byte(), ref from);
    }

    void Fact(TraceFact fact, ref ByteCursor from)
    {
        switch (fact)
        {
            case TraceFact.Module:
                sink.Module(Module(ref from));
                break;
            case TraceFact.Thread:
                sink.Thread(new TraceThread(from.Count(int.MaxValue, "as a thread"), from.Count(int.MaxValue, "as a tid"), Text(ref from)));
                break;
            case TraceFact.ThreadName:
                sink.ThreadName(from.Count(int.MaxValue, "as a thread"), Text(ref from));
                break;
            case TraceFact.Dropped:
                sink.Dropped(from.Count(int.MaxValue, "operations"));
                break;
            case TraceFact.End:
                var ending = (TraceEnding)Math.Min(from.Byte(), (byte)TraceEnding.Gone);
                var value = (int)Math.Clamp(unchecked((long)ZigZag.Back(from.VarInt(), 0)), int.MinValue, int.MaxValue);
                sink.End(ending, value, (long)Math.Min(from.VarInt(), long.MaxValue));
                _ended = true;
                break;
            default:
                throw new InvalidDataException($"a fact of kind {(int)fact} is not known");
        }
    }

    TraceModule Module(ref ByteCursor from)
    {
        var (index, path) = (from.Count(limits.Rows, "as a module"), Text(ref from));
        var (start, size, bias) = (from.VarInt(), from.VarInt(), from.VarInt());
        var end = size > ulong.MaxValue - start ? ulong.MaxValue : start + size;
        return new TraceModule(index, path, AddressRange.Of(start, end), bias, Text(ref from));
    }

    string Text(ref ByteCursor from)
    {
        var text = from.Text(limits.TextBytes);
        _textBytes += text.Length + 64;
        return _textBytes <= limits.StringBytes ? text : throw new InvalidDataException($"the texts are more than {limits.StringBytes} bytes");
    }
}
