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
    /// <summary>The annotator whose regions are counted.</summary>
    public const string Annotator = ".NET";

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
        return new ManagedUse([.. known], resident, explained, named);
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
