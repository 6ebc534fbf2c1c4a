using VmAtlas.Formats.Vmatlas;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;

namespace VmAtlas.Web.Sessions;

/// <summary>The snapshots taken so far. All are in a temporary <c>.vmatlas</c> file; the newest few are in memory too, so that
/// hours of watching cost disk, not memory.</summary>
/// <remarks>One thread adds, any may read.</remarks>
sealed class SpilledTimeline : Timeline, IDisposable
{
    const int KeptInMemory = 4;

    readonly Lock _lock = new();
    readonly PrivateFolder _folder = new();
    readonly TimelineWriter _writer;
    readonly List<DateTimeOffset> _times = [];
    readonly Queue<Snapshot> _newest = new();
    TimelineReader? _reader;

    public SpilledTimeline()
    {
        _writer = TimelineFile.Create(FilePath);
        Traces = new TraceWriter(_writer);
    }

    /// <summary>Keeps traces beside the snapshots.</summary>
    public TraceWriter Traces { get; }

    /// <summary>Bytes of the file that are whole.</summary>
    public long Length => _writer.Length;

    /// <summary>Every snapshot, whole after each <see cref="Add"/>.</summary>
    public string FilePath => _folder.File("timeline" + TimelineFile.Extension);

    public override int Count
    {
        get
        {
            lock (_lock)
                return _times.Count;
        }
    }

    public override DateTimeOffset TakenAt(int index)
    {
        lock (_lock)
            return _times[index];
    }

    public override Snapshot Load(int index)
    {
        lock (_lock)
        {
            var oldest = _times.Count - _newest.Count;
            if (index >= oldest)
                return _newest.ElementAt(index - oldest);
            if (_reader is null || _reader.Count <= index)
            {
                _reader?.Dispose();
                _reader = TimelineFile.Open(FilePath);
            }
            return _reader.Load(index);
        }
    }

    public int Add(Snapshot snapshot)
    {
        lock (_lock)
        {
            _writer.Append(snapshot);
            _times.Add(snapshot.TakenAt);
            _newest.Enqueue(snapshot);
            if (_newest.Count > KeptInMemory)
                _newest.Dequeue();
            return _times.Count - 1;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _reader?.Dispose();
            _writer.Dispose();
            _folder.Dispose();
        }
    }
}
