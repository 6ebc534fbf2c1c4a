using VmAtlas.Model;

namespace VmAtlas.Capture;

public enum RecordingEnd
{
    /// <summary>The time asked for is over.</summary>
    Duration,

    /// <summary>The user ended it.</summary>
    Cancelled,

    /// <summary>The target ended or became another program.</summary>
    TargetEnded,

    /// <summary>A snapshot could not be taken or kept: <see cref="RecordingReport.Error"/> says why.</summary>
    Failed,
}

/// <summary>What became of a recording. All snapshots counted were given to the sink whole.</summary>
/// <param name="Reading">Time spent reading the target.</param>
/// <param name="Error">Set when <see cref="RecordingEnd.Failed"/>.</param>
public sealed record RecordingReport(int Snapshots, RecordingEnd End, TimeSpan Took, TimeSpan Reading, VmAtlasException? Error);
