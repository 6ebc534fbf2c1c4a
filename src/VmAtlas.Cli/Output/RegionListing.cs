using VmAtlas.Formats.Profiles;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Cli.Output;

/// <summary>The details: regions, where wanted their blocks below them, and a line of sums.</summary>
sealed class RegionListing
{
    /// <summary>What gives way first on a narrow terminal.</summary>
    static readonly string[] s_dropped =
        ["lockedWs", "sharedWs", "shareableWs", "blocks", "privateWs", "committed", "private", "totalWs"];

    readonly Snapshot _snapshot;
    readonly SnapshotRows _regions, _blocks;
    readonly List<(RowLevel Level, int Index)> _rows = [];
    readonly int[] _chosen;

    public RegionListing(Snapshot snapshot, int[] regions, bool blocks)
    {
        _snapshot = snapshot;
        _chosen = regions;
        (_regions, _blocks) = (new SnapshotRows(snapshot, RowLevel.Region), new SnapshotRows(snapshot, RowLevel.Block));
        foreach (var region in regions)
        {
            _rows.Add((RowLevel.Region, region));
            if (blocks)
            {
                foreach (var block in snapshot.RegionAt(region).Blocks)
                    _rows.Add((RowLevel.Block, block.Index));
            }
        }
    }

    /// <summary>Whether each region is followed by the evidence for what it is.</summary>
    public bool Why { get; init; }

    /// <summary>Who made each region, where a trace knows that: stands below it.</summary>
    public RegionMakers? Makers { get; init; }

    public IReadOnlyList<string> Write(Screen screen, IReadOnlyList<Column> columns)
    {
        var table = new List<TableColumn>();
        foreach (var column in columns.Where(c => c.IsKnown(_snapshot)))
        {
            if (column == Columns.Type)
                table.Add(new TableColumn("", (row, cell) => WriteKey(screen, row, cell)));
            table.Add(Make(column));
        }
        return new TextTable(table, _rows.Count + 1) { Below = Why || Makers is not null ? WriteBelow : null }.Write(screen);
    }

    TableColumn Make(Column column)
    {
        var drop = Array.IndexOf(s_dropped, column.Key);
        return new TableColumn(column.Title, Format(column))
        {
            Right = column.Kind is ColumnKind.Bytes or ColumnKind.Number,
            Flexible = column == Columns.Details,
            DropOrder = drop < 0 ? 0 : s_dropped.Length - drop,
        };
    }

    CellFormat Format(Column column) => column switch
    {
        MeasureColumn measure => (row, cell) => Figures.KibOrBlank(cell, row == _rows.Count ? Sum(measure) : Number(measure, row)),
        NumberColumn { Kind: ColumnKind.Address } address => (row, cell) => WriteAddress(address, row, cell),
        _ when column == Columns.Details => WriteDetails,
        _ => (row, cell) => WriteText(column, row, cell),
    };

    ulong Number(NumberColumn column, int row) => column.Get(RowsOf(row), _rows[row].Index);

    SnapshotRows RowsOf(int row) => _rows[row].Level == RowLevel.Region ? _regions : _blocks;

    ulong Sum(MeasureColumn column)
    {
        var sum = 0UL;
        foreach (var region in _chosen)
            sum += column.Get(_regions, region);
        return sum;
    }

    /// <summary>Twelve digits are all that user space has; a block stands two columns in, as in VMMap.</summary>
    void WriteAddress(NumberColumn column, int row, Cell cell)
    {
        if (row == _rows.Count)
        {
            if (column == Columns.Address)
                WriteCount(cell);
            return;
        }
        if (column == Columns.Address && _rows[row].Level == RowLevel.Block)
            cell.Append("  ");
        cell.Append($"{Number(column, row):x12}");
    }

    void WriteCount(Cell cell)
    {
        cell.Append($"{_chosen.Length:N0}");
        cell.Append(_chosen.Length == 1 ? " region" : " regions");
        cell.Ink = Palette.Heading;
    }

    void WriteKey(Screen screen, int row, Cell cell)
    {
        if (row < _rows.Count && _rows[row].Level == RowLevel.Region)
            TypeKey.Write(screen, cell, _snapshot.Regions.Types[_rows[row].Index]);
    }

    void WriteDetails(int row, Cell cell)
    {
        if (row == _rows.Count)
            return;
        var (level, index) = _rows[row];
        if (level == RowLevel.Region)
        {
            cell.AppendForeign(_snapshot.RegionAt(index).Details);
            return;
        }
        var block = _snapshot.BlockAt(index);
        cell.AppendForeign(block.Label.Length > 0 ? block.Label : block.Name);
        cell.Ink = Palette.Muted;
    }

    void WriteText(Column column, int row, Cell cell)
    {
        if (row < _rows.Count && !(column == Columns.Type && _rows[row].Level == RowLevel.Block))
            cell.AppendForeign(column.Text(RowsOf(row), _rows[row].Index));
    }

    void WriteBelow(int row, Cell cell)
    {
        if (row == _rows.Count || _rows[row].Level == RowLevel.Block)
            return;
        var region = _snapshot.RegionAt(_rows[row].Index);
        if (Makers is not null)
            WriteMaker(Makers, region, cell);
        if (Why)
            WriteWhy(region, cell);
        cell.Ink = Palette.Muted;
    }

    void WriteMaker(RegionMakers makers, Region region, Cell cell)
    {
        var all = makers.Of(region);
        if (all.Count == 0)
            return;
        var function = TraceWords.Function(all[0].Function);
        cell.Append(all[0].Mapped is not null ? $"made by {function} in "
            : FormattableString.Invariant($"holds {Figures.Short(new ByteSize(all[0].Bytes))} in {all[0].Count:N0} of {function} from "));
        cell.AppendForeign(makers.CallOf(all[0]));
        if (all.Count > 1)
            cell.Append(FormattableString.Invariant($"; and {all.Count - 1:N0} more {(all.Count == 2 ? "call" : "calls")}"));
        if (Why)
            cell.Append("; ");
    }

    static void WriteWhy(Region region, Cell cell)
    {
        cell.AppendForeign(region.Annotator.Name);
        cell.Append(": ");
        cell.AppendForeign(region.Reason);
        foreach (var (key, value) in region.Facts)
        {
            cell.Append("; ");
            cell.AppendForeign(key);
            cell.Append(" ");
            cell.AppendForeign(value);
        }
    }
}
