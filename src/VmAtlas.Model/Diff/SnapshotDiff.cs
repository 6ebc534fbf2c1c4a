namespace VmAtlas.Model;

/// <summary>What changed between two snapshots, whatever they are of: one process, two runs of a program, two processes.</summary>
/// <remarks>
/// By type, by region and by module. For each measure that both snapshots know, the changes of the regions, of Page Table and of Unusable
/// add up to the change of Total exactly, and those of a type's regions to the type's.
/// </remarks>
public sealed class SnapshotDiff
{
    readonly RegionChange[] _regions;
    readonly Lazy<(ulong[] Before, ulong[] After)> _protections;
    readonly (ulong[] Before, ulong[] After)?[] _values = new (ulong[], ulong[])?[Measures.Count];

    SnapshotDiff(Snapshot before, Snapshot after)
    {
        (Before, After, SameProcess) = (before, after, IsSameRun(before.Process, after.Process));
        _protections = new(() =>
            (Columns.Protection.GetAll(new(before, RowLevel.Region)), Columns.Protection.GetAll(new(after, RowLevel.Region))));
        _regions = Order(new RegionMatcher(before, after).Match(SameProcess));
        Types = [.. before.Summary.Rows.Zip(after.Summary.Rows, (b, a) => new TypeChange(b.Type, b, a))];
    }

    public Snapshot Before { get; }

    public Snapshot After { get; }

    /// <summary>Whether the two are of one run of one program, so that an address means the same in both.</summary>
    public bool SameProcess { get; }

    /// <summary>Total, then every type in the summary's order.</summary>
    public IReadOnlyList<TypeChange> Types { get; }

    /// <summary>Every region of either snapshot once, in order of address (the later one where it is in both).</summary>
    public IReadOnlyList<RegionChange> Regions => _regions;

    public static SnapshotDiff Between(Snapshot before, Snapshot after) => new(before, after);

    /// <summary>Whether both snapshots know the measure; what only one knows has no difference.</summary>
    public bool Has(Measure measure) => Before.Has(measure) && After.Has(measure);

    /// <summary>Bytes by which a measure of a region changed; all of it where the region is new or gone.</summary>
    public long Delta(int change, Measure measure)
    {
        var (before, after) = Values(measure);
        var (b, a) = _regions[change];
        return Deltas.Between(b < 0 ? 0 : before[b], a < 0 ? 0 : after[a]);
    }

    /// <summary>What became of a region, seen by one measure.</summary>
    public ChangeKind KindOf(int change, Measure measure)
    {
        var (before, after) = _regions[change];
        if (before < 0)
            return ChangeKind.Added;
        if (after < 0)
            return ChangeKind.Removed;
        return Delta(change, measure) switch
        {
            > 0 => ChangeKind.Grown,
            < 0 => ChangeKind.Shrunk,
            _ => _protections.Value.Before[before] == _protections.Value.After[after] ? ChangeKind.Same : ChangeKind.Reprotected,
        };
    }

    /// <summary>Numbers of the changes in <see cref="Regions"/>, the largest change of the measure first, without those that are
    /// <see cref="ChangeKind.Same"/>. New and gone regions are in it even where the measure is zero.</summary>
    public int[] ByImpact(Measure measure)
    {
        var chosen = new List<int>();
        for (var i = 0; i < _regions.Length; i++)
        {
            if (KindOf(i, measure) != ChangeKind.Same)
                chosen.Add(i);
        }
        var keys = new ulong[chosen.Count];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = ~(ulong)Math.Abs(Delta(chosen[i], measure));
        return RadixSort.Sort(keys, [.. chosen]);
    }

    /// <summary>Changes by file: all regions of a path together, images and data. In order of path.</summary>
    public IReadOnlyList<ModuleChange> Modules() => ModuleChanges.Of(this);

    static bool IsSameRun(ProcessFacts a, ProcessFacts b) => a.IsSameProcessAs(b) && a.Executable == b.Executable;

    (ulong[] Before, ulong[] After) Values(Measure measure) => _values[(int)measure] ??=
        (new SnapshotRows(Before, RowLevel.Region).Values(measure), new SnapshotRows(After, RowLevel.Region).Values(measure));

    RegionChange[] Order(int[] partners)
    {
        var changes = new List<RegionChange>(partners.Length);
        var kept = new bool[Before.Regions.Count];
        for (var after = 0; after < partners.Length; after++)
        {
            changes.Add(new RegionChange(partners[after], after));
            if (partners[after] >= 0)
                kept[partners[after]] = true;
        }
        for (var before = 0; before < kept.Length; before++)
        {
            if (!kept[before])
                changes.Add(new RegionChange(before, -1));
        }
        var keys = changes.ConvertAll(c => (c.After >= 0 ? After.RegionAt(c.After) : Before.RegionAt(c.Before)).Start.Value);
        var order = RadixSort.Sort([.. keys], [.. Enumerable.Range(0, keys.Count)]);
        return Array.ConvertAll(order, i => changes[i]);
    }
}
