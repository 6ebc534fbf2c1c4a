namespace VmAtlas.Capture;

/// <summary>How a recording goes.</summary>
public sealed record RecorderOptions
{
    /// <summary>From the beginning of one snapshot to the beginning of the next.</summary>
    public TimeSpan Interval
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
            field = value;
        }
    } = TimeSpan.FromSeconds(1);

    /// <summary>How long to record; null: until cancelled or until the target ends.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>The largest part of the time that may be spent reading the target: looking must not disturb.</summary>
    public double MostReading
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1);
            field = value;
        }
    } = 0.05;

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
