namespace VmAtlas.Model;

/// <summary>One type of several processes together.</summary>
/// <param name="Type">Null for Total.</param>
/// <param name="Processes">How many of the processes have memory of the type.</param>
public sealed record TreeRow(MemoryType? Type, int Processes)
{
    /// <summary>Sum of the sizes. Address space is each process's own, so nothing is counted twice; but it costs nothing either.</summary>
    public ulong Size { get; init; }

    /// <summary>Sum of Private: what the processes were promised each for itself.</summary>
    public ulong? Private { get; init; }

    /// <summary>Sum of PSS, and page tables: the resident column of a tree. A page shared by the processes of the tree counts once over
    /// all of them; one shared with processes outside counts in part.</summary>
    public ulong? Pss { get; init; }

    /// <summary>Sum of USS, and page tables: what ending the tree frees at the least. Pages that only the tree's own processes share
    /// come besides.</summary>
    public ulong? Uss { get; init; }

    /// <summary>Sum of SwapPSS.</summary>
    public ulong? SwapPss { get; init; }

    /// <summary>USS, and the shared resident pages of each file, of each shared memory and of each inherited range once: the largest that
    /// one process shows of it.</summary>
    /// <remarks>An estimate from below: two processes may have different pages of one file in memory. Shared memory without an inode is
    /// told apart by its start address, which fork keeps. Pages shared with processes outside the tree count in full here.</remarks>
    public ulong? WithSharedOnce { get; init; }
}

/// <summary>Several processes, such as a server and its workers, added up without counting shared pages twice.</summary>
public sealed class TreeTotals
{
    TreeTotals(IReadOnlyList<TreeRow> rows, IReadOnlyList<Snapshot> snapshots) => (Rows, Snapshots) = (rows, snapshots);

    /// <summary>Total, then every type that one of the processes has, in the summary's order. Total is the sum of the types.</summary>
    public IReadOnlyList<TreeRow> Rows { get; }

    public IReadOnlyList<Snapshot> Snapshots { get; }

    /// <summary>A measure that one process does not tell is absent from the sums, which would be too small without it.</summary>
    public static TreeTotals Of(IReadOnlyList<Snapshot> snapshots)
    {
        var shared = snapshots.All(s => s.Has(Measure.SharedWs)) ? SharedOnce.Of(snapshots) : null;
        var rows = new List<TreeRow>();
        for (var type = MemoryType.Image; type <= MemoryType.PageTable; type++)
        {
            if (Row(snapshots, type, shared?[(int)type]) is { Processes: > 0 } row)
                rows.Add(row);
        }
        var total = new TreeRow(null, snapshots.Count)
        {
            Size = rows.Aggregate(0UL, (sum, r) => sum + r.Size),
            Private = Sum(rows, r => r.Private), Pss = Sum(rows, r => r.Pss), Uss = Sum(rows, r => r.Uss),
            SwapPss = Sum(rows, r => r.SwapPss), WithSharedOnce = Sum(rows, r => r.WithSharedOnce),
        };
        return new TreeTotals([total, .. rows], snapshots);
    }

    static TreeRow Row(IReadOnlyList<Snapshot> snapshots, MemoryType type, ulong? sharedOnce)
    {
        var tables = type == MemoryType.PageTable;
        var uss = Add(tables ? Measure.PrivateWs : Measure.Uss);
        return new TreeRow(type, snapshots.Count(s => tables ? s.PageTables is not null : s.Summary[type].Regions > 0))
        {
            Size = Add(Measure.Size) ?? 0, Private = Add(Measure.Private), Uss = uss, SwapPss = tables ? 0 : Add(Measure.SwapPss),
            Pss = Add(tables ? Measure.PrivateWs : Measure.Pss), WithSharedOnce = uss + sharedOnce,
        };

        ulong? Add(Measure measure)
        {
            var sum = 0UL;
            foreach (var snapshot in snapshots)
            {
                if (!snapshot.Has(measure))
                    return null;
                sum = checked(sum + snapshot.Summary[type].Measures[measure]);
            }
            return sum;
        }
    }

    static ulong? Sum(List<TreeRow> rows, Func<TreeRow, ulong?> column) => rows.Aggregate((ulong?)0, (sum, row) => sum + column(row));
}
