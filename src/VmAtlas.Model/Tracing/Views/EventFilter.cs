namespace VmAtlas.Model.Tracing;

/// <summary>Which events of a trace are wanted: those for which everything given holds.</summary>
public sealed record EventFilter
{
    /// <summary>Any of these; all when it is empty.</summary>
    public IReadOnlySet<TraceOperation> Operations { get; init; } = new HashSet<TraceOperation>();

    /// <summary>Only operations on memory that holds this address, where it is now or where it was.</summary>
    public Address? At { get; init; }

    /// <summary>Only those of threads with this tid.</summary>
    public int? Tid { get; init; }

    public uint? Site { get; init; }

    /// <summary>Nanoseconds since the trace began.</summary>
    public long From { get; init; }

    /// <summary>The same, to this moment and with it.</summary>
    public long To { get; init; } = long.MaxValue;

    /// <summary>What a runtime's collector gives back is no event: nobody says when it did.</summary>
    /// <param name="threads">Of the event's program.</param>
    public bool Matches(in TraceEvent e, ThreadNames threads) =>
        e.Time >= From && e.Time <= To
        && !(threads.HaveCollector && threads.OfEvent(e).IsCollector)
        && (Operations.Count == 0 || Operations.Contains(e.Operation))
        && (Site is null || e.Site == Site)
        && (Tid is null || threads.OfEvent(e).Tid == Tid)
        && (At is not { } at || Holds(e.Address, e.Size, at.Value) || e.OldAddress != 0 && Holds(e.OldAddress, e.OldSize, at.Value));

    /// <summary>A size of 0 is one that is not known (a free's), so the first byte counts in any case.</summary>
    static bool Holds(ulong start, ulong size, ulong address) => address >= start && address - start < Math.Max(1, size);
}
