namespace VmAtlas.Formats.Vmatlas;

/// <summary>Moments as the file has them: 100 ns units since 1970-01-01 UTC, negative before.</summary>
static class FileTime
{
    public static long Of(DateTimeOffset at) => at.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;

    /// <exception cref="InvalidDataException">Beyond the years 1 to 9999.</exception>
    public static DateTimeOffset ToTime(long units)
    {
        var epoch = DateTimeOffset.UnixEpoch.Ticks;
        return units >= -epoch && units <= DateTimeOffset.MaxValue.Ticks - epoch
            ? new DateTimeOffset(units + epoch, TimeSpan.Zero)
            : throw new InvalidDataException("a time is beyond the calendar");
    }
}
