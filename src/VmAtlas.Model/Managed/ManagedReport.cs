namespace VmAtlas.Model.Managed;

/// <summary>Who told what is where in a .NET process.</summary>
public enum ManagedEvidence : byte
{
    /// <summary>The mappings alone: names and shapes. Generations are not known.</summary>
    Shape,

    /// <summary>The target's own runtime, over its diagnostics socket: generations are known, the runtime's own heaps are not.</summary>
    EventPipe,

    /// <summary>The runtime's data structures, read through the debugger library that belongs to it (the DAC).</summary>
    Debugger,
}

/// <summary>One range of a managed runtime's memory; half-open, not rounded to pages.</summary>
/// <param name="Heap">The GC heap it belongs to, from 0 (server GC has one a core); -1 where there is none.</param>
public readonly record struct ManagedRange(ulong Start, ulong End, ManagedKind Kind, ManagedState State, short Heap)
{
    public ulong Size => End - Start;
}

/// <summary>What is known of the managed memory of one .NET process at one moment.</summary>
public sealed record ManagedReport
{
    /// <summary>"10.0.12"; null where nobody could tell.</summary>
    public string? RuntimeVersion { get; init; }

    public required ManagedEvidence Evidence { get; init; }

    /// <summary>Why no better evidence was to be had, in a sentence; null with <see cref="ManagedEvidence.Debugger"/>.</summary>
    public string? WhyNotBetter { get; init; }

    /// <summary>Server or workstation GC; null where unknown.</summary>
    public bool? IsServer { get; init; }

    /// <summary>Regions (.NET 7 and later) or segments; null where unknown.</summary>
    public bool? HasRegions { get; init; }

    /// <summary>Ranges in order of address, without overlap.</summary>
    public IReadOnlyList<ManagedRange> Ranges { get; init; } = [];

    /// <summary>Object statistics; null where they were not asked for.</summary>
    public HeapStatistics? Objects { get; init; }

    /// <summary>Bytes of one kind in one state.</summary>
    public ulong Total(ManagedKind kind, ManagedState state)
    {
        var sum = 0UL;
        foreach (var range in Ranges)
            sum += range.Kind == kind && range.State == state ? range.Size : 0;
        return sum;
    }

    /// <summary>The range that holds an address, or null. Binary search.</summary>
    public ManagedRange? Find(Address address)
    {
        var (low, high) = (0, Ranges.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Ranges[middle].End > address.Value)
                high = middle;
            else
                low = middle + 1;
        }
        return low < Ranges.Count && Ranges[low].Start <= address.Value ? Ranges[low] : null;
    }
}
