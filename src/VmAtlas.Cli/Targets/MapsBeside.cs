using VmAtlas.Capture;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;

namespace VmAtlas.Cli.Targets;

/// <summary>Keeps the memory map of a traced process beside its trace: a snapshot a second.</summary>
sealed class MapsBeside : IDisposable
{
    readonly CancellationTokenSource _stop;
    readonly Task _recording;

    MapsBeside(Task recording, CancellationTokenSource stop) => (_recording, _stop) = (recording, stop);

    /// <param name="failed">Is told why there are no maps, or no more. That the process has ended is no failure.</param>
    public static MapsBeside Start(int pid, TimelineWriter file, Action<string> failed)
    {
        var stop = new CancellationTokenSource();
        return new MapsBeside(Task.Run(() => Record(pid, file, failed, stop.Token)), stop);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _recording.Wait();
        _stop.Dispose();
    }

    static async Task Record(int pid, TimelineWriter file, Action<string> failed, CancellationToken stop)
    {
        try
        {
            using var target = Target.OpenLive($"{pid}", "recording its map");
            var recorder = new Recorder(target.Pipeline(CaptureOptions.Quick).Capture, file.Append, new RecorderOptions { Interval = TimeSpan.FromSeconds(1) });
            var report = await recorder.RunAsync(stop);
            if (report.Error is { Failure: not (Failure.TargetEnded or Failure.NotFound) } error)
                failed(error.Message);
        }
        catch (VmAtlasException e)
        {
            if (e.Failure is not (Failure.TargetEnded or Failure.NotFound))
                failed(e.Message);
        }
    }
}
