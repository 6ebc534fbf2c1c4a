using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Formats.Vmatlas.Traces;

/// <summary>The trace of one program on its way into a file.</summary>
/// <remarks>What events build on is always in the file before them.</remarks>
/// <exception cref="VmAtlasException">Of every method: the disk is full or failed.</exception>
public sealed class TraceRecording : ITraceSink
{
    const int EventsOfChunk = 1 << 16;

    /// <summary>Chunks whose events are packed well. A trace as short as that is worth it; a longer one must keep up with its program.</summary>
    const uint EarlyChunks = 64;

    const int NodesOfChunk = 1 << 16;

    readonly Lock _lock = new();
    readonly TimelineWriter _file;
    readonly uint _number;
    readonly EventEncoder _events = new();
    readonly ByteBuffer _facts = new(), _nodes = new(), _content = new(), _head = new();
    CallNode _lastNode;
    int _nodeCount;
    uint _sequence;

    internal TraceRecording(TimelineWriter file, uint number, TraceProcess process)
    {
        (_file, _number) = (file, number);
        _content.VarInt(process.Pid);
        _content.VarInt(process.ParentPid);
        _content.Text(process.Command);
        _content.Int64(FileTime.Of(process.Began));
        _content.Byte(process.Attached ? (byte)1 : (byte)0);
        _content.VarInt(process.SampleInterval);
        Append(ChunkType.Trace, _content);
    }

    /// <summary>Events written or held back.</summary>
    public long EventCount { get; private set; }

    public void Module(TraceModule module) => Fact(TraceFact.Module, to =>
    {
        to.VarInt(module.Index);
        to.Text(module.Path);
        to.VarInt(module.Range.Start.Value);
        to.VarInt(module.Range.Size.Bytes);
        to.VarInt(module.Bias);
        to.Text(module.BuildId);
    });

    public void Thread(TraceThread thread) => Fact(TraceFact.Thread, to =>
    {
        to.VarInt(thread.Index);
        to.VarInt(thread.Tid);
        to.Text(thread.Name);
    });

    public void ThreadName(int thread, string name) => Fact(TraceFact.ThreadName, to =>
    {
        to.VarInt(thread);
        to.Text(name);
    });

    public void Dropped(long operations) => Fact(TraceFact.Dropped, to => to.VarInt((ulong)operations));

    public void Nodes(ReadOnlySpan<CallNode> nodes)
    {
        lock (_lock)
        {
            foreach (ref readonly var node in nodes)
            {
                _nodes.VarInt(node.Id - _lastNode.Id);
                _nodes.VarInt(node.Id - node.Parent);
                _nodes.VarInt(ZigZag.Of(node.Pc, _lastNode.Pc));
                _nodes.VarInt(node.Module + 1);
                _nodes.Byte((byte)node.Kind);
                _lastNode = node;
                if (++_nodeCount == NodesOfChunk)
                    WriteFactsAndNodes();
            }
        }
    }

    public void Events(ReadOnlySpan<TraceEvent> events)
    {
        lock (_lock)
        {
            EventCount += events.Length;
            for (var part = 0; events.Length > 0; events = events[part..])
            {
                part = Math.Min(events.Length, EventsOfChunk - _events.Count);
                _events.Add(events[..part]);
                if (_events.Count == EventsOfChunk)
                    WriteAll();
            }
        }
    }

    public void End(TraceEnding ending, int value, long time)
    {
        Flush();
        Fact(TraceFact.End, to =>
        {
            to.Byte((byte)ending);
            to.VarInt(ZigZag.Of(unchecked((ulong)(long)value), 0));
            to.VarInt((ulong)Math.Max(0, time));
        });
        Flush();
    }

    public void Flush()
    {
        lock (_lock)
            WriteAll();
    }

    /// <summary>Keeps the functions of nodes in the file, so that it opens where the program's files are not.</summary>
    public void Symbols(NodeFrames frames, NodeTable nodes)
    {
        lock (_lock)
        {
            WriteAll();
            foreach (var chunk in SymbolChunks.Encode(frames, nodes))
                Append(ChunkType.TraceSymbols, chunk);
        }
    }

    void Fact(TraceFact fact, Action<ByteBuffer> write)
    {
        lock (_lock)
        {
            _facts.Byte((byte)fact);
            write(_facts);
        }
    }

    void WriteAll()
    {
        WriteFactsAndNodes();
        if (_events.Count == 0)
            return;
        _content.Clear();
        _events.Write(_content);
        Append(ChunkType.TraceEvents, _content, _sequence < EarlyChunks ? Packing.Good : Packing.Fast);
    }

    void WriteFactsAndNodes()
    {
        if (_facts.Count > 0)
            Append(ChunkType.TraceFacts, _facts);
        _facts.Clear();
        if (_nodeCount > 0)
        {
            _content.Clear();
            _content.VarInt(_nodeCount);
            _content.Bytes(_nodes.Written);
            Append(ChunkType.TraceNodes, _content);
        }
        _nodes.Clear();
        (_nodeCount, _lastNode) = (0, default);
    }

    void Append(ChunkType type, ByteBuffer content, Packing? packing = null)
    {
        _head.Clear();
        _head.UInt32(_number);
        _head.UInt32(_sequence++);
        _file.Append(type, _head.Written, content, packing);
    }
}
