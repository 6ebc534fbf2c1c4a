namespace VmAtlas.Model.Managed;

/// <summary>Bytes of one kind of managed memory, in whole pages, from the blocks of a snapshot.</summary>
public record struct ManagedUseRow(ManagedKind Kind, ulong Used, ulong Committed, ulong Reserved, ulong Free, ulong Resident, ulong Swap);

/// <summary>How much each part of a .NET process takes, from a snapshot alone: so a saved one tells it too.</summary>
/// <param name="Rows">Kinds there are, in order.</param>
/// <param name="Resident">Resident bytes of all memory that is not of a file on disk.</param>
/// <param name="Explained">The part of <paramref name="Resident"/> that is known to be the runtime's.</param>
/// <param name="Named">The part of <paramref name="Resident"/> that has any better name than Private Data, the runtime's included.</param>
public sealed record ManagedUse(IReadOnlyList<ManagedUseRow> Rows, ulong Resident, ulong Explained, ulong Named)
{
    /// <summary>Facts of the region of the GC heap by which snapshots say where their knowledge is from.</summary>
    public const string EvidenceFact = "clr-evidence", VersionFact = "clr-version", CollectorFact = "clr-gc", WhyNotBetterFact = "clr-why-not-better";

    /// <summary>The annotator whose regions are counted.</summary>
    public const string Annotator = ".NET";

    /// <summary>Whether it is known what is in memory; else <see cref="Resident"/>, <see cref="Explained"/>, <see cref="Named"/> and the rows' Resident say nothing.</summary>
    public bool HasResident { get; private init; } = true;

    /// <summary>The same of the rows' Swap.</summary>
    public bool HasSwap { get; private init; } = true;

    /// <summary>"debugger library", "EventPipe" or "shape"; null in snapshots of other programs.</summary>
    public string? Evidence { get; private init; }

    /// <summary>"10.0.12".</summary>
    public string? Version { get; private init; }

    /// <summary>"server, regions".</summary>
    public string? Collector { get; private init; }

    /// <summary>Why there was no better evidence.</summary>
    public string? WhyNotBetter { get; private init; }

    /// <summary>The same by heap of the collector, to the byte; empty where heaps are not told apart.</summary>
    public IReadOnlyList<CollectorHeapUse> Heaps { get; private init; } = [];

    /// <summary>Null when the snapshot has no .NET memory.</summary>
    public static ManagedUse? Of(Snapshot snapshot)
    {
        var rows = new ManagedUseRow[ManagedKinds.Count];
        var (resident, explained, named, any) = (0UL, 0UL, 0UL, false);
        for (var i = 0; i < snapshot.Blocks.Count; i++)
        {
            var block = snapshot.BlockAt(i);
            var region = block.Region;
            var isClr = region.Type == MemoryType.ManagedHeap && region.Annotator.Name == Annotator;
            any |= isClr;
            if (isClr)
                Count(ref rows[(int)ManagedKinds.Parse(block.Label, out var state)], state, block);
            if (!IsFileless(block))
                continue;
            var bytes = block.Get(Measure.TotalWs);
            resident += bytes;
            explained += isClr ? bytes : 0;
            named += region.Type != MemoryType.PrivateData ? bytes : 0;
        }
        if (!any)
            return null;
        var known = rows.Select((row, kind) => row with { Kind = (ManagedKind)kind }).Where(r => r.Used + r.Committed + r.Reserved + r.Free > 0);
        var facts = snapshot.Regions.Facts.GroupBy(f => snapshot.Strings[f.Key]).ToDictionary(f => f.Key, f => snapshot.Strings[f.First().Value]);
        return new ManagedUse([.. known], resident, explained, named)
        {
            HasResident = snapshot.Has(Measure.TotalWs),
            HasSwap = snapshot.Has(Measure.Swap),
            Evidence = facts.GetValueOrDefault(EvidenceFact),
            Version = facts.GetValueOrDefault(VersionFact),
            Collector = facts.GetValueOrDefault(CollectorFact),
            WhyNotBetter = facts.GetValueOrDefault(WhyNotBetterFact),
            Heaps = [.. facts.SelectMany(f => CollectorHeapUse.Parse(f.Key, f.Value)).OrderBy(u => u.Heap).ThenBy(u => u.Kind)],
        };
    }

    static void Count(ref ManagedUseRow row, ManagedState state, Block block)
    {
        var size = block.Get(Measure.Size);
        row.Used += state == ManagedState.Used ? size : 0;
        row.Committed += state == ManagedState.Committed ? size : 0;
        row.Reserved += state == ManagedState.Reserved ? size : 0;
        row.Free += state == ManagedState.Free ? size : 0;
        row.Resident += block.Get(Measure.TotalWs);
        row.Swap += block.Get(Measure.Swap);
    }

    static bool IsFileless(Block block) => block.Inode == 0 || block.Name.StartsWith("/memfd:", StringComparison.Ordinal);
}

/// <summary>A snapshot of a .NET process, what is in it, and the objects where they were counted.</summary>
public sealed record ManagedView(Snapshot Snapshot, ManagedUse Use)
{
    public HeapStatistics? Objects { get; init; }

    /// <summary>What was in use at the earlier moment, where that is known.</summary>
    public ManagedUse? Before { get; init; }

    /// <summary>How the objects changed since an earlier count, where there was one.</summary>
    public IReadOnlyList<ObjectChange>? Changes { get; init; }
}
