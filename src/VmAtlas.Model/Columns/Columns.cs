namespace VmAtlas.Model;

/// <summary>All columns that regions and blocks have, in the order tables show them: VMMap's thirteen and End, then what it
/// does not have.</summary>
public static class Columns
{
    public static readonly NumberColumn Address = new("address", "Address", ColumnKind.Address,
        (s, block) => s.Blocks.Starts[block]) { Aliases = ["start"] };

    public static readonly NumberColumn End = new("end", "End", ColumnKind.Address,
        (s, block) => s.Blocks.Ends[block], (s, region) => s.RegionAt(region).End.Value);

    public static readonly TextColumn Type = new("type", "Type", ColumnKind.Word,
        (rows, row) => (int)rows.Snapshot.Regions.Types[rows.RegionOf(row)],
        (_, code) => ((MemoryType)code).Name(), _ => MemoryTypes.Count)
    {
        Words = [.. Enumerable.Range(0, MemoryTypes.Count).Select(t => ((MemoryType)t).Name())],
    };

    public static readonly NumberColumn Blocks = new MappingsColumn();

    public static readonly SetColumn Protection = SetColumns.Protection();

    public static readonly TextColumn Details = TextColumn.OfStrings("details", "Details",
        (rows, row) => rows.Snapshot.Regions.Details[rows.RegionOf(row)]);

    static readonly MeasureColumn[] s_measures =
        [.. Enumerable.Range(0, Measures.Count).Select(m => new MeasureColumn((Measure)m) { Aliases = ((Measure)m).Aliases() })];

    static readonly Column[] s_all =
    [
        Address, End, Type, .. s_measures[..((int)Measure.LockedWs + 1)], Blocks, Protection, Details, .. s_measures[(int)Measure.Pss..],
        TextColumn.OfStrings("name", "Name", (rows, row) => rows.Snapshot.Blocks.Names[rows.BlockOf(row)], ofBlocks: true, "path"),
        TextColumn.OfStrings("label", "Label", (rows, row) => rows.Snapshot.Blocks.Labels[rows.BlockOf(row)], ofBlocks: true, "section"),
        TextColumn.OfStrings("reason", "Reason", (rows, row) => rows.Snapshot.Regions.Reasons[rows.RegionOf(row)], ofBlocks: false, "why"),
        new TextColumn("annotator", "Annotator", ColumnKind.Text, (rows, row) => rows.Snapshot.Regions.Annotators[rows.RegionOf(row)],
            (s, code) => code < s.Annotators.Count ? s.Annotators[code].Name : "", _ => byte.MaxValue + 1),
        SetColumns.VmFlags(), SetColumns.Marks(),
        new NumberColumn("offset", "Offset", ColumnKind.Address, (s, block) => s.Blocks.Offsets[block]) { OfBlocks = true },
        new NumberColumn("inode", "Inode", ColumnKind.Number, (s, block) => s.Blocks.Inodes[block]) { OfBlocks = true },
        new NumberColumn("device", "Device", ColumnKind.Device, (s, block) => s.Blocks.Devices[block]) { OfBlocks = true },
        new NumberColumn("pageSize", "Page Size", ColumnKind.Bytes, (s, block) => 1UL << s.Blocks.PageShifts[block]) { OfBlocks = true },
        new NumberColumn("protectionKey", "Protection Key", ColumnKind.Number, (s, block) => s.Blocks.ProtectionKeys[block])
        {
            OfBlocks = true, Aliases = ["pkey"],
        },
    ];

    public static IReadOnlyList<Column> All => s_all;

    /// <summary>VMMap's columns of the details, in its order.</summary>
    public static IReadOnlyList<Column> Vmmap { get; } =
        [Address, Type, .. s_measures[..((int)Measure.LockedWs + 1)], Blocks, Protection, Details];

    public static MeasureColumn Of(Measure measure) => s_measures[(int)measure];

    /// <summary>Finds a column by key, title or alias; case, spaces, dashes and underscores do not matter.</summary>
    public static bool TryFind(ReadOnlySpan<char> name, out Column column)
    {
        foreach (var candidate in s_all)
        {
            if (candidate.Answers(name))
            {
                column = candidate;
                return true;
            }
        }
        column = null!;
        return false;
    }

    /// <summary>The key nearest to a misspelt name, for messages; null when none is near.</summary>
    public static string? Nearest(string name) => Names.Nearest(name, s_all.Select(c => c.Key));

    /// <exception cref="VmAtlasException">There is no such column.</exception>
    public static Column Find(string name)
    {
        if (TryFind(name, out var column))
            return column;
        var hint = Nearest(name) is { } near ? $"did you mean {near}?" : $"the columns are {string.Join(", ", s_all.Select(c => c.Key))}";
        throw new VmAtlasException(Failure.Usage, $"there is no column \"{name}\": {hint}");
    }
}
