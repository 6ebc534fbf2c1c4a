using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Tracing.Session;

/// <summary>Events of one thread in order of their ticks (kept in <see cref="TraceEvent.Time"/>), waiting for those of other threads.</summary>
sealed class EventQueue
{
    TraceEvent[] _events = new TraceEvent[1024];
    int _first;
    int _end;

    public int Count => _end - _first;

    public ref TraceEvent First => ref _events[_first];

    public void RemoveFirst(int count)
    {
        _first += count;
        if (_first == _end)
            _first = _end = 0; // what is written next is still in the processor's cache
    }

    /// <summary>Makes sure that so many more fit: <see cref="Add"/> does not look.</summary>
    public void Reserve(int count)
    {
        if (_events.Length - _end < count)
            MakeRoom(count);
    }

    /// <summary>A place at the end, all zero, of those reserved.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref TraceEvent Add()
    {
        ref var added = ref _events[_end++];
        added = default;
        return ref added;
    }

    /// <summary>The first of the places reserved, and those behind it; what is filled of them counts once it is <see cref="Added"/>.</summary>
    public ref TraceEvent Free => ref MemoryMarshal.GetReference(_events.AsSpan(_end));

    public void Added(int count) => _end += count;

    /// <summary>Puts an event where its time belongs, which is near the end.</summary>
    public void Insert(in TraceEvent e)
    {
        _ = Add();
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
        var waiting = _events.AsSpan(_first, Count);
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
        var waiting = _events.AsSpan(_first, Count);
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
        var count = Count;
        if (count + more <= _events.Length)
            Array.Copy(_events, _first, _events, 0, count);
        else
        {
            var larger = new TraceEvent[Math.Max(_events.Length * 2, count + more)];
            Array.Copy(_events, _first, larger, 0, count);
            _events = larger;
        }
        (_first, _end) = (0, count);
    }
}
