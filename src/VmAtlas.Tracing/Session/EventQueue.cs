using System.Diagnostics;
using System.Runtime.CompilerServices;
using VmAtlas.Model;

namespace VmAtlas.Tracing.Session;

/// <summary>Events of one thread in order of their ticks (kept in <see cref="TraceEvent.Time"/>), waiting for those of other threads.</summary>
sealed unsafe class EventQueue
{
    /// <summary>Of the processor's cache, and of an event: each lies in one line.</summary>
    const int LineSize = 64;

    /// <summary>Where the events are; pinned, so that they stay there.</summary>
    byte[] _memory;

    TraceEvent* _events;
    int _room;
    int _first;
    int _end;

    public EventQueue() => _memory = Allocate(1024);

    public int Count => _end - _first;

    public ref TraceEvent First => ref _events[_first];

    public void RemoveFirst(int count)
    {
        _first += count;
        if (_first == _end)
            _first = _end = 0; // what is written next is still in the processor's cache
    }

    /// <summary>Makes room for so many more.</summary>
    public void Reserve(int count)
    {
        if (_room - _end < count)
            MakeRoom(count);
    }

    /// <summary>A place at the end, all zero.</summary>
    public ref TraceEvent Add()
    {
        Reserve(1);
        ref var added = ref _events[_end++];
        added = default;
        return ref added;
    }

    /// <summary>The first of the places reserved, and those behind it; what is filled of them counts once it is <see cref="Added"/>.</summary>
    public ref TraceEvent Free => ref _events[_end];

    /// <param name="count">Not more than were reserved; fewer than none takes back what was added last.</param>
    public void Added(int count)
    {
        Debug.Assert(count <= _room - _end && -count <= Count);
        _end += count;
    }

    /// <summary>Puts an event where its time belongs, which is near the end.</summary>
    public void Insert(in TraceEvent e)
    {
        Add();
        var at = _end - 1;
        for (; at > _first && _events[at - 1].Time > e.Time; at--)
            _events[at] = _events[at - 1];
        _events[at] = e;
    }

    /// <summary>Whether so many events at the front are not later than a time.</summary>
    public bool HasRun(int length, long time) => Count >= length && _events[_first + length - 1].Time <= time;

    /// <summary>Takes the events at the front that are not later than a time, as many as there is room for.</summary>
    public int MoveTo(Span<TraceEvent> room, long time)
    {
        var waiting = new Span<TraceEvent>(_events + _first, Count);
        var most = Math.Min(waiting.Length, room.Length);
        var moved = 0;
        for (; moved < most && waiting[moved].Time <= time; moved++)
            room[moved] = waiting[moved];
        RemoveFirst(moved);
        return moved;
    }

    /// <summary>The events at the front that are not later than a time.</summary>
    public Span<TraceEvent> Until(long time)
    {
        var waiting = new Span<TraceEvent>(_events + _first, Count);
        if (waiting.Length == 0 || waiting[^1].Time <= time)
            return waiting;
        // From the front in growing steps.
        var (low, high) = (0, 1);
        while (high < waiting.Length && waiting[high].Time <= time)
            (low, high) = (high, high * 2);
        high = Math.Min(high, waiting.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (waiting[middle].Time <= time)
                low = middle + 1;
            else
                high = middle;
        }
        return waiting[..low];
    }

    void MakeRoom(int more)
    {
        var old = _memory;
        var waiting = new Span<TraceEvent>(_events + _first, Count);
        if (waiting.Length + more > _room)
            _memory = Allocate(Math.Max(_room * 2, waiting.Length + more));
        waiting.CopyTo(new Span<TraceEvent>(_events, _room));
        GC.KeepAlive(old);
        (_first, _end) = (0, waiting.Length);
    }

    byte[] Allocate(int events)
    {
        var memory = GC.AllocateUninitializedArray<byte>((events + 1) * LineSize, pinned: true);
        _events = (TraceEvent*)(((nint)Unsafe.AsPointer(ref memory[0]) + LineSize - 1) & -LineSize);
        _room = events;
        return memory;
    }
}
