namespace VmAtlas.Web;

/// <summary>Knows how long nobody has used the server. Monotonic, so a laptop that slept has not been idle.</summary>
sealed class IdleClock(TimeProvider clock)
{
    readonly Lock _lock = new();
    int _open;
    long _last = clock.GetTimestamp();

    /// <summary>The first authorised request has come.</summary>
    public event Action? FirstUse;

    public TimeSpan Idle
    {
        get
        {
            lock (_lock)
                return _open > 0 ? TimeSpan.Zero : clock.GetElapsedTime(_last);
        }
    }

    /// <summary>An authorised request is running until the result is disposed of.</summary>
    public Visit Enter()
    {
        lock (_lock)
            _open++;
        Interlocked.Exchange(ref FirstUse, null)?.Invoke();
        return new Visit(this);
    }

    void Leave()
    {
        lock (_lock)
        {
            _open--;
            _last = clock.GetTimestamp();
        }
    }

    public readonly struct Visit(IdleClock clock) : IDisposable
    {
        public void Dispose() => clock.Leave();
    }

    /// <summary>Ends when nobody has used the server for <paramref name="limit"/>.</summary>
    public async Task WhenIdleFor(TimeSpan limit, CancellationToken cancellation)
    {
        while (limit - Idle is { Ticks: > 0 } left)
            await Task.Delay(left, clock, cancellation);
    }
}
