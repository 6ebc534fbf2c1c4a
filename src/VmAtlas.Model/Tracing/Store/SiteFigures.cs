namespace VmAtlas.Model.Tracing;

/// <summary>What one call site, or many together, asked for. All of it adds up: over sites, threads, branches of a call tree.</summary>
/// <remarks>Counts are fractions in a sampled trace, where each block stands for many.</remarks>
public readonly record struct SiteFigures(long LiveBytes, double LiveCount, long TotalBytes, double TotalCount)
{
    /// <summary>Live at the moment when the whole trace's live bytes were most.</summary>
    public long AtPeakBytes { get; init; }

    /// <summary>Blocks given back by the next thing their thread did with memory.</summary>
    public double TemporaryCount { get; init; }

    public static SiteFigures operator +(SiteFigures a, SiteFigures b) => unchecked(
        new(a.LiveBytes + b.LiveBytes, a.LiveCount + b.LiveCount, a.TotalBytes + b.TotalBytes, a.TotalCount + b.TotalCount)
        {
            AtPeakBytes = a.AtPeakBytes + b.AtPeakBytes,
            TemporaryCount = a.TemporaryCount + b.TemporaryCount,
        });
}
