namespace VmAtlas.Model.Tracing;

/// <summary>A whole trace in figures.</summary>
/// <param name="Time">Nanoseconds since it began, up to the last event.</param>
/// <param name="Operations">Events seen.</param>
/// <param name="Heap">What malloc and its like were asked for.</param>
/// <param name="Mappings">What mmap and its like were asked for, less what was unmapped.</param>
/// <param name="UnknownFrees">Blocks given back that were never handed out: before an attached tracer came. None in a launched, exact trace.</param>
/// <param name="LostFrees">Blocks handed out where one was live: nobody saw that one being given back.</param>
/// <param name="Dropped">Operations that happened and are in none of these figures.</param>
public sealed record TraceTotals(long Time, long Operations, SiteFigures Heap, SiteFigures Mappings, long UnknownFrees, long LostFrees, long Dropped)
{
    /// <summary>The most that was live in blocks at any moment.</summary>
    public long PeakBytes { get; init; }

    /// <summary>When that was: nanoseconds since the trace began.</summary>
    public long PeakTime { get; init; }
}
