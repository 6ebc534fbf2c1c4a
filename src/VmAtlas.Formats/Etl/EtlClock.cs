namespace VmAtlas.Formats.Etl;

/// <summary>When a log was begun, and what its ticks are: TRACE_LOGFILE_HEADER, the log's first event.</summary>
readonly record struct EtlClock(long FirstTick, long TicksOfASecond, DateTimeOffset Began)
{
    const long FileTimeTicks = 10_000_000, Year = 366L * 24 * 3600 * 1_000_000_000;

    /// <exception cref="InvalidDataException">It is no such event.</exception>
    public static EtlClock Of(in EtlEvent header)
    {
        // 56 bytes, two pointers, the time zone (172) and four to align; then boot time, frequency, start time (8 bytes each) and the kind of clock.
        const int frequencyAt = 56 + 172 + 4 + 8, startAt = frequencyAt + 8, clockAt = startAt + 8, speedAt = 52;
        if (header.Group != EtlGroup.Header || header.Type != 0 || header.Payload.Length < clockAt + 4 + 2 * header.PointerBytes)
            throw new InvalidDataException("its first event does not say what clock it goes by");
        var frequency = header.Int(2, clockAt) switch
        {
            2 => FileTimeTicks,
            3 => header.Int(0, speedAt) * 1_000_000L,
            _ => Long(header, frequencyAt),
        };
        var start = Long(header, startAt);
        if (frequency <= 0 || start <= 0 || start > DateTimeOffset.MaxValue.ToFileTime())
            throw new InvalidDataException("its clock does not make sense");
        return new EtlClock(header.Time, frequency, DateTimeOffset.FromFileTime(start).ToUniversalTime());
    }

    /// <summary>Nanoseconds since the log began; nothing is before that, nor a year behind it.</summary>
    public long Nanoseconds(long tick)
    {
        if (tick <= FirstTick)
            return 0;
        var nanoseconds = (UInt128)unchecked((ulong)(tick - FirstTick)) * 1_000_000_000 / (ulong)TicksOfASecond;
        return (long)UInt128.Min(nanoseconds, Year);
    }

    static long Long(in EtlEvent e, int bytes) => unchecked((uint)e.Int(2, bytes) | (long)e.Int(2, bytes + 4) << 32);
}
