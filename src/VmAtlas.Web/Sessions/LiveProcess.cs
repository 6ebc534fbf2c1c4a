using VmAtlas.Capture;
using VmAtlas.Capture.Clr;
using VmAtlas.Capture.Linux;
using VmAtlas.Model;
using VmAtlas.Web.Api;

namespace VmAtlas.Web.Sessions;

/// <summary>A running process that is looked at again and again, by hand or at an interval. Every snapshot is kept.</summary>
sealed class LiveProcess : IDisposable
{
    readonly int _session;
    readonly TimeProvider _clock;
    readonly EventHub _events;
    readonly IPlatform _platform;
    readonly ICaptureTarget _target;
    readonly ClrAnnotator _clr = new();
    readonly CapturePipeline _pipeline;
    readonly SemaphoreSlim _one = new(1), _oneLook = new(1);
    readonly CancellationTokenSource _closed = new();
    ITimer? _timer;

    public LiveProcess(int session, IPlatform platform, int pid, SpilledTimeline timeline, TimeProvider clock, EventHub events)
    {
        (_session, _platform, _clock, _events) = (session, platform, clock, events);
        Timeline = timeline;
        _target = platform.Open(pid);
        _pipeline = new CapturePipeline(_target, platform.Annotators(_clr));
    }

    /// <summary>The same process once more, for looking into its memory while snapshots are taken: a target is not thread-safe.</summary>
    /// <exception cref="VmAtlasException">It has ended, even if another has its number now.</exception>
    public ICaptureTarget Look()
    {
        var target = _platform.Open(_target.Process.Pid);
        if (target.Process.IsSameProcessAs(_target.Process))
            return target;
        target.Dispose();
        throw new VmAtlasException(Failure.TargetEnded, $"{Name} has ended; its number belongs to another process now");
    }

    public string Name => _target.Process.Name;

    public int Pid => _target.Process.Pid;

    public SpilledTimeline Timeline { get; }

    /// <summary>Why there will be no more snapshots; null while the process can be read.</summary>
    public string? Ended { get; private set; }

    public TimeSpan? Interval { get; private set; }

    /// <summary>Takes a snapshot and returns its number. Calls at the same time wait for each other.</summary>
    public async Task<int> Refresh(CancellationToken cancellation)
    {
        if (Ended is not null)
            throw new VmAtlasException(Failure.TargetEnded, Ended);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closed.Token);
        await _one.WaitAsync(either.Token);
        try
        {
            var snapshot = await Task.Run(() => Capture(either.Token), either.Token);
            var index = Timeline.Add(snapshot);
            _events.Tell(new SessionEvent(_session, "snapshot", index, snapshot.TakenAt));
            return index;
        }
        catch (VmAtlasException e) when (e.Failure == Failure.TargetEnded)
        {
            End(e.Message);
            throw;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>The last look into malloc's memory; null before there was one.</summary>
    public HeapLook? Heap { get; private set; }

    /// <summary>Walks malloc's memory and keeps what it found until the next walk.</summary>
    public Task<HeapLook> LookIntoHeap(CancellationToken cancellation) =>
        Alone(target => Heap = HeapLook.Take(target, Heap, _clock.GetUtcNow(), cancellation), cancellation);

    public ObjectCounts Objects { get; } = new();

    /// <summary>Counts the objects of a .NET process by type.</summary>
    /// <returns>The count's number.</returns>
    public Task<int> CountObjects(CancellationToken cancellation) => Alone(target => Objects.Take(target, _platform, cancellation), cancellation);

    /// <summary>Refreshes at an interval from now on; null stops that.</summary>
    public void SetInterval(TimeSpan? interval)
    {
        _timer?.Dispose();
        Interval = Ended is null ? interval : null;
        if (Interval is { } every)
            _timer = _clock.CreateTimer(_ => _ = RefreshByTimer(), null, every, every);
    }

    public void Dispose()
    {
        _timer?.Dispose();
        _closed.Cancel();
        _one.Wait(); // a snapshot that is being taken ends first
        _oneLook.Wait();
        Objects.Dispose();
        _clr.Dispose();
        _target.Dispose();
    }

    /// <summary>A process that becomes another program while it is read is read once more: it has not ended.</summary>
    Snapshot Capture(CancellationToken cancellation)
    {
        try
        {
            return _pipeline.Capture(cancellation);
        }
        catch (VmAtlasException e) when (e.Failure == Failure.TargetEnded)
        {
            return _pipeline.Capture(cancellation);
        }
    }

    /// <summary>A snapshot that takes longer than the interval makes the next one be left out, not wait in a queue.</summary>
    async Task RefreshByTimer()
    {
        if (_one.CurrentCount == 0)
            return;
        try
        {
            await Refresh(CancellationToken.None);
        }
        catch (VmAtlasException e)
        {
            SetInterval(null);
            _events.Tell(new SessionEvent(_session, "failed", Message: e.Message));
        }
        catch (OperationCanceledException)
        {
            // Closed meanwhile.
        }
    }

    /// <summary>Long work beside the snapshots, one at a time.</summary>
    async Task<T> Alone<T>(Func<ICaptureTarget, T> work, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closed.Token);
        await _oneLook.WaitAsync(either.Token);
        try
        {
            using var target = Look();
            return await Task.Run(() => work(target), either.Token);
        }
        finally
        {
            _oneLook.Release();
        }
    }

    void End(string why)
    {
        Ended = why;
        SetInterval(null);
        _events.Tell(new SessionEvent(_session, "ended", Message: why));
    }
}
