using VmAtlas.Model.Heaps;
using VmAtlas.Model.Managed;

namespace VmAtlas.Model;

/// <summary>The whole address space of one target at one moment. Immutable.</summary>
public sealed class Snapshot
{
    Lazy<HeapReport>? _heap;
    GapTable? _gaps;
    Summary? _summary;

    public required ProcessFacts Process { get; init; }

    public required SystemFacts System { get; init; }

    /// <summary>When reading began, UTC.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>How long reading took; the address space may have changed within it.</summary>
    public TimeSpan Took { get; init; }

    public required AddressSpaceLayout Layout { get; init; }

    public required StringTable Strings { get; init; }

    public required BlockTable Blocks { get; init; }

    public required RegionTable Regions { get; init; }

    /// <summary>The process's page tables: VmPTE of status. Null where unknown. They have no address, so they are in no block.</summary>
    public ByteSize? PageTables { get; init; }

    /// <summary>The system's own counters by their own names ("VmSize", "RssAnon", "rollup.Pss", "cgroup.current"), bytes.</summary>
    public IReadOnlyDictionary<string, ulong> Counters { get; init; } = new Dictionary<string, ulong>();

    public IReadOnlyList<AnnotatorReport> Annotators { get; init; } = [];

    public IReadOnlyList<Problem> Problems { get; init; } = [];

    /// <summary>What is inside the memory of malloc. Null where it was not asked for; that of a file is decoded when first looked at, which a damaged one
    /// answers with <see cref="Failure.BadFile"/>.</summary>
    public Lazy<HeapReport>? Heap
    {
        get => _heap;
        init => _heap = value;
    }

    /// <summary>The objects of a managed heap by type; null where nobody asked to count them.</summary>
    public HeapStatistics? Objects { get; private set; }

    /// <summary>What lies between the blocks: free holes and unusable gaps. Made when first asked for.</summary>
    public GapTable Gaps => _gaps ??= GapTable.Between(Blocks, Layout);

    /// <summary>The table of types. Made when first asked for.</summary>
    public Summary Summary => _summary ??= Summary.Of(this);

    /// <summary>The same snapshot with a count of objects.</summary>
    public Snapshot With(HeapStatistics objects)
    {
        var copy = (Snapshot)MemberwiseClone();
        copy.Objects = objects;
        return copy;
    }

    /// <summary>The same snapshot with another report on its heap.</summary>
    public Snapshot With(HeapReport heap)
    {
        var copy = (Snapshot)MemberwiseClone();
        copy._heap = new Lazy<HeapReport>(heap);
        return copy;
    }

    /// <summary>Whether the target's system told this measure at all; what is absent is left out everywhere, never shown as zero.</summary>
    public bool Has(Measure measure) => measure == Measure.ShareableWs
        ? Blocks.Has(Measure.TotalWs) && Blocks.Has(Measure.PrivateWs)
        : Blocks.Has(measure);

    public Region RegionAt(int index) => new(this, index);

    public Block BlockAt(int index) => new(this, index);

    /// <summary>The region that holds an address, or null when it is in a gap.</summary>
    public Region? Find(Address address) =>
        Blocks.IndexOf(address) is >= 0 and var block ? new Region(this, Blocks.Regions[block]) : null;
}
