namespace VmAtlas.Model;

/// <summary>What a word of a set asks for: the bits it speaks of, and how they must stand.</summary>
/// <param name="Never">Nothing fits: a code that no snapshot can have.</param>
public readonly record struct SetPattern(ulong Mask, ulong Bits, bool Never = false)
{
    public bool Fits(ulong value) => (value & Mask) == Bits && !Never;

    /// <summary>Both patterns at once.</summary>
    public SetPattern And(SetPattern other) => new(Mask | other.Mask, Bits | other.Bits, Never || other.Never);
}

/// <summary>A column of sets, each a mask of bits: access, VmFlags, marks. A region has what any of its blocks has.</summary>
/// <param name="pattern">What a word asks for with <c>has</c>; null when it is none.</param>
/// <param name="whole">What a text asks for with <c>=</c>; null when it can not be read.</param>
public sealed class SetColumn(
    string key, string title, Func<Snapshot, int, ulong> ofBlock, Func<ulong, string> format,
    Func<string, SetPattern?> pattern, Func<string, SetPattern?> whole) : Column(key, title, ColumnKind.Set)
{
    /// <summary>The words a set can have, with what each means.</summary>
    public IReadOnlyList<(string Word, string Meaning)> Words { get; init; } = [];

    public Func<string, SetPattern?> Pattern => pattern;

    public Func<string, SetPattern?> Whole => whole;

    public ulong Get(SnapshotRows rows, int row)
    {
        if (rows.Level == RowLevel.Block)
            return ofBlock(rows.Snapshot, row);
        var all = 0UL;
        foreach (var block in rows.Snapshot.RegionAt(row).Blocks)
            all |= ofBlock(rows.Snapshot, block.Index);
        return all;
    }

    /// <summary>Every row's set.</summary>
    public ulong[] GetAll(SnapshotRows rows)
    {
        var sets = new ulong[rows.Count];
        var regions = rows.Snapshot.Blocks.Regions;
        for (var i = 0; i < regions.Length; i++)
            sets[rows.Level == RowLevel.Block ? i : regions[i]] |= ofBlock(rows.Snapshot, i);
        return sets;
    }

    public override string Text(SnapshotRows rows, int row) => format(Get(rows, row));

    public override ulong[] SortKeys(SnapshotRows rows) => GetAll(rows);
}
