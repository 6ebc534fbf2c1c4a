using System.Runtime.InteropServices;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>A timeline in a file. Opening lists the snapshots; each is decoded when asked for, fastest in order.</summary>
/// <remarks>Thread-safe. The file may still be written to: what is read is what was whole when it was opened.</remarks>
public sealed class TimelineReader : Timeline, IDisposable
{
    readonly record struct Frame(long Offset, ChunkType Type, DateTimeOffset TakenAt, int Number);

    readonly Lock _lock = new();
    readonly Stream _stream;
    readonly string _path;
    readonly ReaderLimits _limits;
    readonly FileHead _head;
    readonly ChunkScanner _scanner;
    readonly FileStrings _strings;
    readonly List<Frame> _frames = [];

    /// <summary>Offsets of what belongs to a frame besides, by the frame's number.</summary>
    readonly Dictionary<int, List<(long Offset, ChunkType Type)>> _extras = [];
    readonly List<Problem> _problems = [];
    FrameImage? _decoded;
    int _decodedIndex = -1;

    internal TimelineReader(Stream stream, string path, ReaderLimits limits)
    {
        (_stream, _path, _limits) = (stream, path, limits);
        _scanner = new ChunkScanner(stream, limits, _problems);
        _strings = new FileStrings(limits);
        _head = ReadHead();
        foreach (var (offset, head, payload) in _scanner.Scan(_head.Length))
            List(offset, head, payload);
        if (_problems.Count > 0)
            _strings.TakeMissingAsLost();
    }

    public override int Count => _frames.Count;

    /// <summary>Who wrote the file: "vmatlas 0.1.0".</summary>
    public string Writer => _head.Writer;

    public int Version => _head.Version;

    public override IReadOnlyList<Problem> Problems => _problems;

    public override DateTimeOffset TakenAt(int index) => _frames[index].TakenAt;

    /// <exception cref="VmAtlasException"><see cref="Failure.BadFile"/>: the snapshot is whole but says what can not be.</exception>
    public override Snapshot Load(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_frames.Count, nameof(index));
        lock (_lock)
        {
            try
            {
                var frame = Decode(index);
                return FrameReader.Read(frame, _strings, _frames[index].TakenAt, HeapOf(index));
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                throw new VmAtlasException(Failure.BadFile, $"snapshot {index} of {_path} can not be read: {e.Message}", e);
            }
        }
    }

    /// <summary>The heap of a snapshot, decoded when first looked at; null where the file has none.</summary>
    Lazy<HeapReport>? HeapOf(int index)
    {
        var extras = _extras.GetValueOrDefault(_frames[index].Number) ?? [];
        return extras.Exists(e => e.Type == ChunkType.Heap) ? new Lazy<HeapReport>(() => LoadHeap(index, extras)) : null;
    }

    HeapReport LoadHeap(int index, List<(long Offset, ChunkType Type)> extras)
    {
        lock (_lock)
        {
            try
            {
                var reader = new HeapReader(_strings, _limits);
                foreach (var (offset, type) in extras)
                {
                    var (head, payload) = ReadAgain(offset);
                    var content = Chunk.Inflate(head, payload, FrameHead.Length, _limits);
                    if (type == ChunkType.Heap)
                        reader.ReadReport(content);
                    else if (type == ChunkType.HeapChunks)
                        reader.ReadChunks(content);
                }
                return reader.ToReport();
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                throw new VmAtlasException(Failure.BadFile, $"the heap of snapshot {index} of {_path} can not be read: {e.Message}", e);
            }
        }
    }

    public void Dispose() => _stream.Dispose();

    FileHead ReadHead()
    {
        var start = new byte[Math.Min(FileHead.MaxLength, _stream.Length)];
        _stream.Position = 0;
        _stream.ReadExactly(start);
        return FileHead.Parse(start);
    }

    void List(long offset, ChunkHead head, byte[] payload)
    {
        try
        {
            if (head.Type == ChunkType.Strings)
                _strings.Add(Chunk.Inflate(head, payload, 0, _limits));
            else if (head.IsFrame)
                List(offset, head.Type, FrameHead.Parse(payload));
            else if (head.IsExtra)
                (CollectionsMarshal.GetValueRefOrAddDefault(_extras, FrameHead.Parse(payload).Number, out _) ??= []).Add((offset, head.Type));
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            _problems.Add(new Problem("bad-chunk", $"the chunk at byte {offset} can not be read: {e.Message}"));
        }
    }

    /// <summary>A delta whose snapshot before is lost is lost too.</summary>
    void List(long offset, ChunkType type, FrameHead head)
    {
        var follows = _frames.Count > 0 && _frames[^1].Number == head.Number - 1;
        if (type == ChunkType.KeyFrame || follows)
            _frames.Add(new Frame(offset, type, head.TakenAt, head.Number));
        else
            _problems.Add(new Problem("lost-snapshot", $"snapshot {head.Number} of the recording is lost: it builds on one that is damaged"));
    }

    FrameImage Decode(int index)
    {
        var key = index;
        while (_frames[key].Type != ChunkType.KeyFrame)
            key--;
        var next = _decodedIndex >= key && _decodedIndex <= index ? _decodedIndex + 1 : key;
        var frame = _decoded;
        // Forgotten while it changes: a frame that turns out bad must not be built upon.
        (_decoded, _decodedIndex) = (null, -1);
        for (; next <= index; next++)
            frame = Apply(frame, next);
        (_decoded, _decodedIndex) = (frame, index);
        return frame!;
    }

    FrameImage Apply(FrameImage? frame, int index)
    {
        var (head, payload) = ReadAgain(_frames[index].Offset);
        var content = Chunk.Inflate(head, payload, FrameHead.Length, _limits);
        if (_frames[index].Type == ChunkType.DeltaFrame)
        {
            DeltaFrame.Apply(frame!, content, _limits);
            return frame!;
        }
        return KeyFrame.Decode(content, _limits);
    }

    (ChunkHead Head, byte[] Payload) ReadAgain(long offset) =>
        _scanner.TryRead(offset) ?? throw new InvalidDataException("the file changed since it was opened");
}
