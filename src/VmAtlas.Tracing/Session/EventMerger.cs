using VmAtlas.Model;

namespace VmAtlas.Tracing.Session;

/// <summary>Makes one stream, in order of time, of the events of many threads. Takes ticks and gives nanoseconds.</summary>
sealed class EventMerger(ITraceSink sink, long beganTicks)
{
    /// <summary>Runs of one thread from this length on are given on where they lie.</summary>
    const int LongRun = 256;

    readonly TraceEvent[] _batch = new TraceEvent[4096];
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

    /// <summary>Gives on every waiting event that is not later than <paramref name="until"/> ticks.</summary>
    public void Merge(IReadOnlyList<RingReader> rings, long until)
    {
        for (;;)
        {
            RingReader? first = null;
            var (earliest, second) = (long.MaxValue, until);
            foreach (var ring in rings)
            {
                if (ring.Queue.Count == 0)
                    continue;
                var time = ring.Queue.First.Time;
                if (time < earliest)
                {
                    second = Math.Min(second, earliest);
                    (first, earliest) = (ring, time);
                }
                else
                    second = Math.Min(second, time);
            }
            if (first is null || earliest > until)
                break;
            var run = first.Queue.Until(second);
            Give(run);
            first.Queue.RemoveFirst(run.Length);
        }
        Flush();
    }

    void Give(Span<TraceEvent> events)
    {
        if (events.Length >= LongRun)
        {
            Flush();
            for (; events.Length > 0; events = events[Math.Min(events.Length, _batch.Length)..])
            {
                var part = events[..Math.Min(events.Length, _batch.Length)];
                SetTimes(part);
                sink.Events(part);
            }
            return;
        }
        if (events.Length > _batch.Length - _filled)
            Flush();
        var into = _batch.AsSpan(_filled, events.Length);
        events.CopyTo(into);
        SetTimes(into);
        _filled += events.Length;
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
        if (_filled > 0)
            sink.Events(_batch.AsSpan(0, _filled));
        _filled = 0;
    }
}
