using VmAtlas.Model;

namespace VmAtlas.Capture;

/// <summary>Takes a snapshot again and again and hands each to a sink.</summary>
/// <remarks>
/// Snapshots begin at whole intervals, a late one does not shift those after it. When reading takes so long that it would use more than
/// <see cref="RecorderOptions.MostReading"/> of the time, the next waits longer, from the second on; <see cref="Stretched"/> tells of it, once. What the first took too long is made up for by the next ones.
/// </remarks>
/// <param name="capture">Takes one snapshot: <see cref="CapturePipeline.Capture"/>.</param>
/// <param name="sink">Keeps it. A <see cref="VmAtlasException"/> of it ends the recording.</param>
/// <param name="unchanged">Says cheaply that the target is as it was at the last snapshot, which is then not taken again; but for
/// <see cref="MostSkipped"/> times in a row at most, because a cheap look does not see everything.</param>
public sealed class Recorder(
    Func<CancellationToken, Snapshot> capture, Action<Snapshot> sink, RecorderOptions options, Func<bool>? unchanged = null)
{
    public const int MostSkipped = 9;

    readonly TimeProvider _clock = options.Clock;
    TimeSpan _reading, _debt;
    bool _stretched;
    int _count, _skipped;

    /// <summary>Raised once, when the interval asked for can not be kept: the interval it becomes.</summary>
    public event Action<TimeSpan>? Stretched;

    /// <summary>Raised after each snapshot that was kept, with their number so far.</summary>
    public event Action<int>? Kept;

    /// <exception cref="VmAtlasException">Not even the first snapshot could be taken. Later failures end the recording and are in the report.</exception>
    public async Task<RecordingReport> RunAsync(CancellationToken cancellation = default)
    {
        var begin = _clock.GetTimestamp();
        var (end, error) = (RecordingEnd.Duration, default(VmAtlasException));
        try
        {
            await TakeAllAsync(begin, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            end = RecordingEnd.Cancelled;
        }
        catch (VmAtlasException e) when (_count > 0)
        {
            (end, error) = e.Failure == Failure.TargetEnded ? (RecordingEnd.TargetEnded, null) : (RecordingEnd.Failed, e);
        }
        return new RecordingReport(_count, end, _clock.GetElapsedTime(begin), _reading, error);
    }

    async Task TakeAllAsync(long begin, CancellationToken cancellation)
    {
        var due = TimeSpan.Zero;
        while (options.Duration is not { } duration || due <= duration)
        {
            if (due - _clock.GetElapsedTime(begin) is var wait && wait > TimeSpan.Zero)
                await Task.Delay(wait, _clock, cancellation).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            var (started, before) = (_clock.GetElapsedTime(begin), _reading);
            if (!IsUnchanged())
                Take(cancellation);
            due = Next(due, started + Rest(_reading - before), _clock.GetElapsedTime(begin));
        }
    }

    bool IsUnchanged()
    {
        if (unchanged is null || _count == 0 || _skipped == MostSkipped)
            return false;
        var start = _clock.GetTimestamp();
        var same = unchanged();
        _reading += _clock.GetElapsedTime(start);
        _skipped += same ? 1 : 0;
        return same;
    }

    void Take(CancellationToken cancellation)
    {
        var start = _clock.GetTimestamp();
        var snapshot = capture(cancellation);
        _reading += _clock.GetElapsedTime(start);
        sink(snapshot);
        _skipped = 0;
        _count++;
        Kept?.Invoke(_count);
    }

    /// <summary>From the beginning of a snapshot, how long no other may begin.</summary>
    TimeSpan Rest(TimeSpan took)
    {
        var (rest, spare) = (took / options.MostReading, options.Interval * options.MostReading - took);
        // The first reading is slow by nature (nothing is in a cache or compiled yet) and says nothing of those to come: a short recording
        // would be over before the second. It is paid for later.
        if (_count <= 1)
        {
            _debt += spare < TimeSpan.Zero ? -spare : TimeSpan.Zero;
            return rest < options.Interval ? rest : options.Interval;
        }
        if (rest > options.Interval && !_stretched)
        {
            _stretched = true;
            Stretched?.Invoke(rest);
        }
        return _debt > TimeSpan.Zero ? Repay(took, spare) : rest;
    }

    /// <summary>Waits up to twice as long as this reading asks for, until the debt is gone.</summary>
    TimeSpan Repay(TimeSpan took, TimeSpan spare)
    {
        var most = spare > took ? spare : took;
        var paid = _debt < most ? _debt : most;
        _debt -= paid;
        return (took + paid) / options.MostReading;
    }

    /// <summary>The next whole interval that is not over yet, or later where the target is to be left alone.</summary>
    TimeSpan Next(TimeSpan due, TimeSpan earliest, TimeSpan now)
    {
        do
            due += options.Interval;
        while (due < now);
        return due < earliest ? earliest : due;
    }
}
