namespace VmAtlas.Web.Tests;

/// <summary>A clock that stands still until it is moved.</summary>
sealed class ManualClock : TimeProvider
{
    readonly Lock _lock = new();
    readonly List<Timer> _timers = [];
    TimeSpan _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        lock (_lock)
            _timers.Add(timer);
        return timer;
    }

    /// <summary>Moves on and runs what is due.</summary>
    public void Advance(TimeSpan by)
    {
        Timer[] timers;
        lock (_lock)
        {
            _now += by;
            timers = [.. _timers];
        }
        foreach (var timer in timers)
            timer.RunIfDue();
    }

    sealed class Timer(ManualClock clock, Action callback) : ITimer
    {
        TimeSpan? _due;
        TimeSpan _period;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _due = dueTime == Timeout.InfiniteTimeSpan ? null : clock._now + dueTime;
            _period = period;
            return true;
        }

        public void RunIfDue()
        {
            if (_due is not { } due || clock._now < due)
                return;
            _due = _period > TimeSpan.Zero ? clock._now + _period : null;
            callback();
        }

        public void Dispose()
        {
            lock (clock._lock)
                clock._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
