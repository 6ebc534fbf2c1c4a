using VmAtlas.Capture;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;

namespace VmAtlas.Cli.Targets;

/// <summary>Keeps the memory map of a traced process beside its trace: a snapshot when it begins, one a second, and where it can be told in time, one at its end.</summary>
/// <param name="failed">Is told why there are no maps, or no more. That the process has ended is no failure.</param>
sealed class MapsBeside(TimelineWriter file, Action<string> failed) : IDisposable
{
    static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1), s_first = TimeSpan.FromSeconds(5);

    readonly Lock _lock = new();
    LiveTarget? _target;
    CancellationTokenSource _stop = new();
    Task _recording = Task.CompletedTask;
    bool _ended;

    /// <summary>Begins anew, also for what a process became by exec, and returns when the first snapshot is there.</summary>
    public void BeginAndWait(int pid) => Begin(pid).Wait(s_first);

    /// <returns>The end of the first snapshot, or of all where there is none.</returns>
    public Task Begin(int pid)
    {
        lock (_lock)
        {
            Stop();
            _target?.Dispose();
            (_target, _ended) = (null, false);
            var first = new TaskCompletionSource();
            try
            {
                var (target, stop) = (Target.OpenLive($"{pid}", "recording its map"), _stop.Token);
                _target = target;
                _recording = Task.Run(() => Record(target, first, stop));
            }
            catch (VmAtlasException e)
            {
                Tell(e);
                first.SetResult();
            }
            return first.Task;
        }
    }

    /// <summary>The same, of the first process only that is told of.</summary>
    public void BeginFirst(int pid)
    {
        if (_target is null)
            BeginAndWait(pid);
    }

    /// <summary>The last snapshot, of a process that is about to end. It may be told of that twice.</summary>
    public void End()
    {
        lock (_lock)
        {
            Stop();
            if (_target is null || _ended)
                return;
            _ended = true;
            try
            {
                file.Append(_target.Capture(CaptureOptions.Quick, CancellationToken.None));
            }
            catch (VmAtlasException e)
            {
                Tell(e);
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            Stop();
            _target?.Dispose();
        }
    }

    void Stop()
    {
        _stop.Cancel();
        _recording.Wait();
        _stop.Dispose();
        _stop = new CancellationTokenSource();
    }

    async Task Record(LiveTarget target, TaskCompletionSource first, CancellationToken stop)
    {
        try
        {
            var recorder = new Recorder(target.Pipeline(CaptureOptions.Quick).Capture, file.Append, new RecorderOptions { Interval = s_interval });
            recorder.Kept += _ => first.TrySetResult();
            if ((await recorder.RunAsync(stop)).Error is { } error)
                Tell(error);
        }
        catch (VmAtlasException e)
        {
            Tell(e);
        }
        first.TrySetResult();
    }

    void Tell(VmAtlasException e)
    {
        if (e.Failure is not (Failure.TargetEnded or Failure.NotFound))
            failed(e.Message);
    }
}
