using System.Diagnostics;
using System.Text;
using VmAtlas.Model;

namespace VmAtlas.Tracing.Session;

/// <summary>Follows one program: its modules, threads, calls and events, in the order that <see cref="ITraceSink"/> promises.</summary>
/// <remarks>
/// Which events can be given on? Let M be the latest stamp published when a round begins. A thread that is not about to publish when it is looked at
/// afterwards takes its next stamp later than M; one that is about to says how early that may be. So events up to the least of those bounds are complete. A
/// thread that is held up at that point (stopped by a debugger) holds back all; after half a second nobody waits for it any more.
/// </remarks>
sealed unsafe class SessionReader
{
    static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan s_longestRound = TimeSpan.FromMilliseconds(5);
    static readonly TimeSpan s_betweenLooks = TimeSpan.FromMilliseconds(200);

    readonly SharedFile _file;
    readonly SessionHeader* _header;
    readonly long _at;
    readonly Ticks _ticks;
    readonly ITraceSink _sink;
    readonly ModuleLog _modules;
    readonly NodeTable _nodes;
    readonly EventMerger _merger;
    readonly WeightTable _weights;
    readonly TaskList _tasks;
    readonly List<RingReader> _readers = [];
    readonly RingHeader*[] _rings = new RingHeader*[SessionLayout.MaxRings];
    readonly RingReader?[] _bySlot = new RingReader?[SessionLayout.MaxRings];
    readonly List<string> _names = [];
    readonly Stopwatch _sinceRound = Stopwatch.StartNew();
    readonly Stopwatch _sinceLook = Stopwatch.StartNew();
    TimeSpan _waited, _round;
    long _watermark, _latest;
    ulong _dropped;
    int _threads;

    public SessionReader(SharedFile file, SessionHeader* header, Ticks ticks, TraceProcess process, ITraceObserver observer)
    {
        _file = file;
        _header = header;
        _at = header->Index * SessionLayout.Stride;
        _ticks = ticks;
        Process = process;
        _sink = observer.Begin(process);
        _modules = new ModuleLog(file.Map(_at + SessionLayout.LogAt, SessionLayout.LogSize));
        _nodes = new NodeTable(file, _at);
        _merger = new EventMerger(_sink, (long)header->BeganTicks);
        _weights = new WeightTable(process.SampleInterval);
        _tasks = new TaskList(process.Pid);
    }

    public TraceProcess Process { get; }

    public SessionState State => (SessionState)Volatile.Read(ref *(uint*)&_header->State);

    public bool IsEnded { get; private set; }

    public bool IsProcessGone => _tasks.IsProcessGone;

    /// <summary>The first half of a look at everything: which moment it is of. Some time has to pass before the second half: a processor may read its counter some
    /// hundred instructions before it announces that, and its announcement may wait as long to be seen. That is less than a microsecond; twenty are enough.</summary>
    /// <returns>How full the fullest ring is: 1 when it has no room.</returns>
    public double BeginRound()
    {
        var count = (int)Math.Min(Volatile.Read(ref _header->Rings), SessionLayout.MaxRings);
        _latest = LatestStamp(count);
        Volatile.Write(ref _header->ViewerBeat, _header->ViewerBeat + 1); // no stamp from before is used again, once this has arrived
        NoteRound();
        OpenRings(count);
        var fill = 0.0;
        foreach (var reader in _readers)
            fill = Math.Max(fill, reader.Fill);
        return fill;
    }

    /// <summary>The second half: gives on whatever was published up to that moment.</summary>
    /// <returns>Whether there was anything new.</returns>
    public bool EndRound()
    {
        var any = Look();
        GiveOn(_latest, any);
        if (_sinceLook.Elapsed > s_betweenLooks)
            LookAtThreads();
        return any;
    }

    /// <summary>Reads what is left once nothing more will come, and says so.</summary>
    public void End(TraceEnding ending, int value)
    {
        if (IsEnded)
            return;
        OpenRings((int)Math.Min(Volatile.Read(ref _header->Rings), SessionLayout.MaxRings));
        Look();
        GiveOn(long.MaxValue, any: false);
        _merger.Merge(_readers, long.MaxValue); // what a thread was about to publish when it ended never comes
        IsEnded = true;
        _sink.End(ending, value, Math.Max(_merger.LastTime, (long)((_ticks.Now - _header->BeganTicks) * _ticks.NanosecondsEach)));
    }

    /// <summary>How long ago the last round was, as far as that counts: where the machine is busy, the target and we are held up alike.</summary>
    void NoteRound()
    {
        var since = _sinceRound.Elapsed;
        _sinceRound.Restart();
        _round = since < s_longestRound ? since : s_longestRound;
    }

    long LatestStamp(int count)
    {
        var latest = 0L;
        for (var slot = 0; slot < count; slot++)
            if (_rings[slot] != null)
                latest = Math.Max(latest, unchecked((long)Volatile.Read(ref _rings[slot]->Stamp)));
        return latest;
    }

    void OpenRings(int count)
    {
        for (var slot = 0; slot < count; slot++)
        {
            if (_rings[slot] == null)
                _rings[slot] = (RingHeader*)_file.Map(_at + SessionLayout.RingsAt + (long)slot * SessionLayout.RingSize, SessionLayout.RingSize);
            var ring = _rings[slot];
            if (_bySlot[slot] is not null || Volatile.Read(ref ring->State) != RingHeader.Live || Volatile.Read(ref ring->Tid) == 0)
                continue;
            var reader = new RingReader(ring, _threads++, _weights);
            _bySlot[slot] = reader;
            _readers.Add(reader);
            var name = NameIn(ring);
            _names.Add(name);
            _sink.Thread(new TraceThread(reader.Thread, reader.Tid, name));
        }
    }

    bool Look()
    {
        var any = false;
        foreach (var reader in _readers)
            any |= reader.Look();
        // What events name is published before them, so it is read after they were seen.
        var nodes = Volatile.Read(ref _header->Nodes);
        _modules.Tell(Volatile.Read(ref _header->LogUsed), _sink);
        _nodes.Tell(nodes, _modules, _sink);
        return any;
    }

    void GiveOn(long latest, bool any)
    {
        _merger.SetClock(_ticks.NanosecondsEach, Math.Min(latest, _watermark));
        var bound = _merger.ReadAndMerge(_readers, latest, _watermark);
        _waited = bound > _watermark || !any ? default : _waited + _round;
        if (_waited > s_patience)
            _merger.Merge(_readers, bound = latest);
        _watermark = Math.Max(_watermark, bound);
        TellDropped();
    }

    void TellDropped()
    {
        var now = Volatile.Read(ref _header->Dropped);
        var dropped = (long)(now - _dropped);
        _dropped = now;
        foreach (var reader in _readers)
            dropped += reader.TakeDropped();
        if (dropped > 0)
            _sink.Dropped(dropped);
    }

    /// <summary>Threads that ended give their rings back; those that go on may have another name.</summary>
    void LookAtThreads()
    {
        _sinceLook.Restart();
        if (_tasks.Inside() is not { Count: > 0 } alive)
            return;
        for (var slot = 0; slot < SessionLayout.MaxRings && _rings[slot] != null; slot++)
        {
            if (_bySlot[slot] is not { } reader)
                continue;
            if (!alive.Contains(reader.Tid))
                Retire(slot, reader);
            else if (_tasks.NameOf(reader.Tid) is { } name && name != _names[reader.Thread])
                _sink.ThreadName(reader.Thread, _names[reader.Thread] = name);
        }
    }

    void Retire(int slot, RingReader reader)
    {
        if (!reader.IsDrained || reader.Queue.Count > 0 || Volatile.Read(ref reader.Ring->OpenFrom) != 0)
            return;
        _readers.Remove(reader);
        _bySlot[slot] = null;
        reader.Ring->Tid = 0;
        Volatile.Write(ref reader.Ring->State, RingHeader.Free);
    }

    static string NameIn(RingHeader* ring)
    {
        var name = new ReadOnlySpan<byte>(ring->Name, 16);
        var end = name.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? name : name[..end]);
    }
}
