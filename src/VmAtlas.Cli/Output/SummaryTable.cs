using VmAtlas.Model;

namespace VmAtlas.Cli.Output;

/// <summary>The summary: a row for each type under Total, which is also the key to the bars' colours.</summary>
static class SummaryTable
{
    /// <summary>VMMap's eight, then the ones it does not have; with the order in which they give way on a narrow terminal.</summary>
    static readonly (Measure Measure, int DropOrder)[] s_measures =
    [
        (Measure.Size, 0), (Measure.Committed, 0), (Measure.Private, 0), (Measure.TotalWs, 0), (Measure.PrivateWs, 0),
        (Measure.ShareableWs, 5), (Measure.SharedWs, 6), (Measure.LockedWs, 7), (Measure.Pss, 8), (Measure.Uss, 9), (Measure.Swap, 1),
    ];

    public static IReadOnlyList<string> Write(Screen screen, Snapshot snapshot)
    {
        var rows = snapshot.Summary.Rows;
        var columns = new List<TableColumn>
        {
            new("", (row, cell) => TypeKey.Write(screen, cell, rows[row].Type)),
            new("Type", (row, cell) => cell.Append(rows[row].Type?.Name() ?? "Total")),
        };
        foreach (var (measure, drop) in s_measures)
        {
            if (snapshot.Has(measure))
                columns.Add(MeasureColumn(rows, measure, rows[0].Measures[measure] == 0 ? 10 + drop : drop));
        }
        columns.Add(new TableColumn("Blocks", (row, cell) => AppendCount(cell, rows[row].Blocks)) { Right = true, DropOrder = 3 });
        columns.Add(new TableColumn("Largest", (row, cell) => Figures.KibOrBlank(cell, rows[row].Largest ?? 0)) { Right = true, DropOrder = 2 });
        return new TextTable(columns, rows.Count) { Gap = 2 }.Write(screen);
    }

    static TableColumn MeasureColumn(IReadOnlyList<SummaryRow> rows, Measure measure, int dropOrder) =>
        new(measure.Title(), (row, cell) => Figures.KibOrBlank(cell, rows[row].Measures[measure])) { Right = true, DropOrder = dropOrder };

    static void AppendCount(Cell cell, long? count)
    {
        if (count is > 0)
            cell.Append($"{count.Value}");
    }
}

/// <summary>The mark before a type's name: a block of its colour, or its letter in the bars.</summary>
static class TypeKey
{
    public static void Write(Screen screen, Cell cell, MemoryType? type)
    {
        if (type is not { } known)
            return;
        if (screen.HasColours)
        {
            cell.Append("■");
            cell.Ink = new Ink(Palette.Colour(known));
        }
        else
        {
            cell.Append([Palette.Letter(known)]);
        }
    }
}
