using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>Appends snapshots of one target to a file. Each is on its way to the disk when <see cref="Append"/> returns: a process killed right
/// after loses nothing, because only whole chunks count and nothing waits in a buffer.</summary>
/// <remarks>Thread-safe. A snapshot that changes little from the one before costs little (a delta frame); now and then, and when a
/// delta would not pay, a whole one is written (a key frame), from which a reader starts.</remarks>
public sealed class TimelineWriter : IDisposable
{
    /// <summary>A reader that wants one snapshot reads at most so many frames.</summary>
    const int MaxDeltas = 255;

    readonly Lock _lock = new();
    readonly Stream _stream;
    readonly string _path;
    readonly StringNumbers _strings = new();
    readonly ByteBuffer _content = new(), _texts = new(), _head = new(), _out = new();
    FrameImage _frame = new(), _before = new();
    long _end, _keyBytes, _deltaBytes;
    int _deltas;
    bool _failed;

    internal TimelineWriter(Stream stream, string path)
    {
        (_stream, _path) = (stream, path);
        FileHead.Write(_out, "vmatlas " + typeof(TimelineWriter).Assembly.GetName().Version?.ToString(3));
        Flush();
    }

    /// <summary>Snapshots written.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of the file.</summary>
    public long Length => _end;

    /// <exception cref="VmAtlasException">The disk is full or failed; what was appended before is kept and whole, and nothing more can be appended.</exception>
    public void Append(Snapshot snapshot)
    {
        lock (_lock)
        {
            if (_failed)
                throw new VmAtlasException(Failure.General, $"the recording into {_path} has ended: an earlier snapshot could not be written");
            new FrameWriter(_strings).Fill(_frame, snapshot);
            var type = EncodeFrame();
            WriteStrings();
            WriteWithHead(type, snapshot.TakenAt, _content);
            if (snapshot.Heap is { } heap)
                WriteHeap(heap.Value, snapshot.TakenAt);
            Flush();
            (_frame, _before) = (_before, _frame);
            Count++;
        }
    }

    /// <summary>Appends a chunk that is no snapshot's. From any thread.</summary>
    internal void Append(ChunkType type, ReadOnlySpan<byte> plain, ByteBuffer content, Packing? packing = null)
    {
        lock (_lock)
        {
            if (_failed)
                throw new VmAtlasException(Failure.General, $"the recording into {_path} has ended: an earlier part could not be written");
            Chunk.Write(type, plain, content, _out, packing);
            Flush();
        }
    }

    public void Dispose() => _stream.Dispose();

    ChunkType EncodeFrame()
    {
        _content.Clear();
        if (Count > 0 && _deltas < MaxDeltas && _deltaBytes <= 2 * _keyBytes && _frame.HasTablesOf(_before))
        {
            DeltaFrame.Encode(_before, _frame, _content);
            if (_content.Count < _keyBytes)
            {
                _deltas++;
                _deltaBytes += _content.Count;
                return ChunkType.DeltaFrame;
            }
            _content.Clear();
        }
        KeyFrame.Encode(_frame, _content);
        (_keyBytes, _deltaBytes, _deltas) = (_content.Count, 0, 0);
        return ChunkType.KeyFrame;
    }

    /// <summary>Texts go before the frame that uses them.</summary>
    void WriteStrings()
    {
        _texts.Clear();
        if (_strings.WriteNew(_texts))
            Chunk.Write(ChunkType.Strings, default, _texts, _out);
    }

    void WriteWithHead(ChunkType type, DateTimeOffset takenAt, ByteBuffer content)
    {
        _head.Clear();
        _head.Int64(FileTime.Of(takenAt));
        _head.UInt32((uint)Count);
        Chunk.Write(type, _head.Written, content, _out);
    }

    void WriteHeap(HeapReport heap, DateTimeOffset takenAt)
    {
        var content = new ByteBuffer();
        HeapWriter.Write(heap, _strings, content);
        WriteStrings();
        WriteWithHead(ChunkType.Heap, takenAt, content);
        for (var first = 0; first < heap.Chunks?.Count; first += HeapWriter.ChunksAtOnce)
        {
            content.Clear();
            HeapWriter.WriteChunks(heap.Chunks, first, content);
            WriteWithHead(ChunkType.HeapChunks, takenAt, content);
        }
    }

    void Flush()
    {
        try
        {
            _stream.Write(_out.Written);
            _stream.Flush();
            _end += _out.Count;
            _out.Clear();
        }
        catch (IOException e)
        {
            _failed = true;
            TakeBack();
            throw new VmAtlasException(Failure.General,
                $"{_path} could not be written ({e.Message}): the {Count} snapshots before are kept; free space and record again", e);
        }
    }

    /// <summary>Cuts off the part of a chunk that was written, so that the file is whole. Where even that fails, readers pass over it.</summary>
    void TakeBack()
    {
        try
        {
            _stream.SetLength(_end);
        }
        catch (IOException)
        {
            // The file ends in a torn chunk, which every reader reports and passes over: nothing is lost by it.
        }
    }
}
