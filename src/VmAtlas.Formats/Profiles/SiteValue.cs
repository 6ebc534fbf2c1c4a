using VmAtlas.Model.Tracing;

namespace VmAtlas.Formats.Profiles;

/// <summary>Which of a call site's figures a profile of one value has.</summary>
public enum SiteValue
{
    LiveBytes,
    LiveCount,
    TotalBytes,
    TotalCount,

    /// <summary>Live bytes when the whole trace's were most.</summary>
    AtPeakBytes,
    TemporaryCount,
}

public static class SiteValues
{
    /// <summary>Counts of sampled traces are rounded. 0 where it is not known.</summary>
    public static long Of(this SiteValue value, in SiteFigures figures) => value switch
    {
        SiteValue.LiveBytes => figures.LiveBytes,
        SiteValue.LiveCount => Whole(figures.LiveCount),
        SiteValue.TotalBytes => figures.TotalBytes,
        SiteValue.TotalCount => Whole(figures.TotalCount),
        SiteValue.AtPeakBytes => figures.AtPeakBytes,
        _ => Whole(figures.TemporaryCount),
    };

    public static bool IsBytes(this SiteValue value) => value is SiteValue.LiveBytes or SiteValue.TotalBytes or SiteValue.AtPeakBytes;

    public static string Name(this SiteValue value) => value switch
    {
        SiteValue.LiveBytes => "live bytes",
        SiteValue.LiveCount => "live blocks",
        SiteValue.TotalBytes => "bytes allocated",
        SiteValue.TotalCount => "allocations",
        SiteValue.AtPeakBytes => "live bytes at the peak",
        _ => "temporary allocations",
    };

    static long Whole(double count) => (long)Math.Round(count);
}
