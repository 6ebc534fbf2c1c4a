using VmAtlas.Model;

namespace VmAtlas.Tracing.Session;

/// <summary>Makes one stream, in order of time, of the events of many threads. Takes ticks and gives nanoseconds.</summary>
sealed class EventMerger(ITraceSink sink, long beganTicks)
{
    /// <summary>Runs of one thread from this length on are given on where they lie.</summary>
    const int LongRun = 64;

    readonly record struct Head(long Time, EventQueue Queue);

    readonly TraceEvent[] _batch = new TraceEvent[4096];
    Head[] _heap = new Head[16];
    int _waiting;
    long _anchorTicks = beganTicks;
    double _anchorTime;
    double _nanosecondsEach = 1;
    int _filled;
    long _last;

    /// <summary>Of the last event given on.</summary>
    public long LastTime => _last;

    /// <summary>The speed of the clock from the last event on: times given on stay in order when it is known better.</summary>
    public void SetClock(double nanosecondsEach, long lastTicks)
    {
        if (lastTicks > _anchorTicks)
        {
            _anchorTime += (lastTicks - _anchorTicks) * _nanosecondsEach;
            _anchorTicks = lastTicks;
        }
        _nanosecondsEach = nanosecondsEach;
    }

    /// <summary>Reads what the rings' last look found and gives on every event, those that wait from before too, up to a time.</summary>
    /// <param name="latest">Ticks; what is later waits.</param>
    /// <param name="given">Ticks; given on whatever may come, because other events up to it were.</param>
    /// <returns>The ticks up to which everything is given on.</returns>
    public long ReadAndMerge(List<RingReader> rings, long latest, long given)
    {
        for (var all = false; ;)
        {
            var (until, more, any) = (latest, false, false);
            foreach (var ring in rings)
            {
                any |= ring.Read(all);
                until = Math.Min(until, ring.CompleteUntil);
                more |= ring.HasMore;
            }
            Merge(rings, Math.Max(until, given));
            if (!more)
                return until;
            all = !any; // what waits can not be given on by this look, and a thread must not wait for room because of it
        }
    }

    /// <summary>Gives on every waiting event that is not later than <paramref name="until"/> ticks.</summary>
    public void Merge(List<RingReader> rings, long until)
    {
        Gather(rings);
        while (_waiting > 0 && _heap[0].Time <= until)
        {
            var queue = _heap[0].Queue;
            var second = Math.Min(until, SecondTime());
            if (queue.HasRun(LongRun, second))
                Give(queue, second);
            else
                Collect(queue, second);
            if (queue.Count > 0)
                Sink(0, new Head(queue.First.Time, queue));
            else
                Sink(0, _heap[--_waiting]);
        }
        _heap.AsSpan(0, _waiting).Clear();
        Flush();
    }

    /// <summary>Makes the heap: the queue whose first event is earliest is on top.</summary>
    void Gather(List<RingReader> rings)
    {
        if (_heap.Length < rings.Count)
            _heap = new Head[rings.Count * 2];
        _waiting = 0;
        foreach (var ring in rings)
        {
            if (ring.Queue is { Count: > 0 } queue)
                _heap[_waiting++] = new Head(queue.First.Time, queue);
        }
        for (var at = _waiting / 2 - 1; at >= 0; at--)
            Sink(at, _heap[at]);
    }

    /// <summary>Of the earliest event of all other queues than the top's.</summary>
    long SecondTime() => _waiting switch
    {
        1 => long.MaxValue,
        2 => _heap[1].Time,
        _ => Math.Min(_heap[1].Time, _heap[2].Time),
    };

    /// <summary>Puts a queue where it belongs at or below a free place of the heap.</summary>
    void Sink(int at, Head head)
    {
        var heap = _heap;
        for (var child = at * 2 + 1; child < _waiting; child = at * 2 + 1)
        {
            if (child + 1 < _waiting && heap[child + 1].Time < heap[child].Time)
                child++;
            if (head.Time <= heap[child].Time)
                break;
            heap[at] = heap[child];
            at = child;
        }
        heap[at] = head;
    }

    /// <summary>Gives on a long run where it lies.</summary>
    void Give(EventQueue queue, long until)
    {
        Flush();
        var run = queue.Until(until);
        for (var left = run; left.Length > 0; left = left[Math.Min(left.Length, _batch.Length)..])
        {
            var part = left[..Math.Min(left.Length, _batch.Length)];
            SetTimes(part);
            sink.Events(part);
        }
        queue.RemoveFirst(run.Length);
    }

    /// <summary>Collects short runs, to be given on together.</summary>
    void Collect(EventQueue queue, long until)
    {
        if (_batch.Length - _filled < LongRun)
            Flush();
        _filled += queue.MoveTo(_batch.AsSpan(_filled), until);
    }

    void SetTimes(Span<TraceEvent> events)
    {
        var (ticks, time) = (long.MinValue, _last);
        foreach (ref var e in events)
        {
            if (e.Time != ticks)
            {
                ticks = e.Time;
                // A late event (its thread was held up for longer than anyone waited) is given the time of the one before it.
                time = Math.Max(time, (long)(_anchorTime + (ticks - _anchorTicks) * _nanosecondsEach));
            }
            e.Time = time;
        }
        _last = time;
    }

    void Flush()
    {
        if (_filled == 0)
            return;
        var part = _batch.AsSpan(0, _filled);
        SetTimes(part);
        sink.Events(part);
        _filled = 0;
    }
}
