namespace VmAtlas.Capture.Clr.Isolated;

/// <summary>How long the helper may think before it is ended.</summary>
public sealed record HelperLimits
{
    public static readonly HelperLimits Default = new();

    /// <summary>From its start until the target's runtime is open. 0.2 s is usual; a machine under load may take long to start any program.</summary>
    public TimeSpan Open { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For the ranges; some milliseconds are usual.</summary>
    public TimeSpan Ranges { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For counting every object; about a second for a gigabyte is usual.</summary>
    public TimeSpan Objects { get; init; } = TimeSpan.FromMinutes(4);
}
