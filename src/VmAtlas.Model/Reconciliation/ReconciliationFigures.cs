namespace VmAtlas.Model;

/// <summary>Our side: sums over the blocks of a snapshot, each in one pass; null where the target did not tell.</summary>
sealed class ReconciliationFigures(Snapshot snapshot)
{
    public Snapshot Snapshot => snapshot;

    public ulong Mappings => (ulong)(snapshot.Summary.Total.Blocks ?? 0);

    public ulong? PageTables => snapshot.PageTables?.Bytes;

    public ulong? Total(Measure measure) =>
        snapshot.Summary.Total.Measures.Has(measure) ? snapshot.Summary.Total.Measures[measure] : null;

    /// <summary>Sum of a measure over the blocks: the total less what has no address.</summary>
    public ulong? Sum(Measure measure)
    {
        if (!snapshot.Has(measure))
            return null;
        var sum = 0UL;
        for (var type = MemoryType.Image; type <= MemoryType.PrivateData; type++)
            sum += snapshot.Summary[type].Measures[measure];
        return sum;
    }

    /// <summary>Resident pages that belong to files or shared memory.</summary>
    public ulong? NotAnonymous() => Sum(Measure.TotalWs) - Sum(Measure.Anonymous);

    /// <summary>The same of the type Shareable alone.</summary>
    public ulong? SharedMemory()
    {
        var measures = snapshot.Summary[MemoryType.Shareable].Measures;
        return snapshot.Has(Measure.TotalWs) && snapshot.Has(Measure.Anonymous) ? measures[Measure.TotalWs] - measures[Measure.Anonymous] : null;
    }

    /// <summary>What the process's own page tables have in swap: swapped pages of shared memory are no entries of any process.</summary>
    public ulong? SwapOfPrivateMappings()
    {
        if (!snapshot.Has(Measure.Swap))
            return null;
        var (blocks, sum) = (snapshot.Blocks, 0UL);
        for (var i = 0; i < blocks.Count; i++)
            sum += blocks.Protections[i].IsShared() ? 0 : blocks.Get(Measure.Swap, i);
        return sum;
    }

    /// <summary>Sizes of the user's mappings: a page above user space ([vsyscall]) is the kernel's and no mapping of the process.</summary>
    public ulong Sizes(Func<Protection, ulong, bool> belongs)
    {
        var (blocks, sum) = (snapshot.Blocks, 0UL);
        var starts = blocks.Starts;
        var ends = blocks.Ends;
        var protections = blocks.Protections;
        var flags = blocks.Flags;
        var highest = snapshot.Layout.End.Value;
        for (var i = 0; i < starts.Length && starts[i] < highest; i++)
        {
            if (belongs(protections[i], flags[i]))
                sum += ends[i] - starts[i];
        }
        return sum;
    }
}
