using System.Text.Json;
using VmAtlas.Model;

namespace VmAtlas.Cli.Output;

/// <summary>A process and its descendants added up without counting shared pages twice, and each of them.</summary>
sealed class TreeReport(TreeTotals tree, IReadOnlyList<Problem> problems)
{
    static readonly (string Title, string Key, Func<TreeRow, ulong?> Of)[] s_columns =
    [
        ("Size", "size", r => r.Size), ("Private", "private", r => r.Private), ("PSS", "pss", r => r.Pss), ("USS", "uss", r => r.Uss),
        ("SwapPSS", "swapPss", r => r.SwapPss), ("Shared once", "withSharedOnce", r => r.WithSharedOnce),
    ];

    static readonly Measure[] s_measures = [Measure.Private, Measure.TotalWs, Measure.Pss, Measure.Uss, Measure.SwapPss];

    public void Write(Screen screen)
    {
        var root = tree.Snapshots[0].Process;
        var count = tree.Snapshots.Count;
        screen.Line($"{Escape.Text(root.Name)} {root.Pid} and its descendants: {count:N0} {(count == 1 ? "process" : "processes")}  sizes in K (1,024 bytes)", Palette.Heading);
        screen.Line();
        WriteTypes(screen);
        screen.Line();
        WriteProcesses(screen);
        foreach (var problem in problems)
            screen.Sentence($"! {Escape.Text(problem.Message)}", Palette.Warning);
    }

    void WriteTypes(Screen screen)
    {
        var rows = tree.Rows;
        var columns = new List<TableColumn>
        {
            new("", (row, cell) => TypeKey.Write(screen, cell, rows[row].Type)),
            new("Type", (row, cell) => cell.Append(rows[row].Type?.Name() ?? "Total")),
        };
        foreach (var (title, _, of) in s_columns)
            columns.Add(new TableColumn(title, (row, cell) => Figures.KibOrBlank(cell, of(rows[row]) ?? 0)) { Right = true });
        columns.Add(new TableColumn("Processes", (row, cell) => cell.Append($"{rows[row].Processes:N0}")) { Right = true });
        new TextTable(columns, rows.Count).Write(screen);
    }

    void WriteProcesses(Screen screen)
    {
        var snapshots = tree.Snapshots;
        var columns = new List<TableColumn>
        {
            new("Pid", (row, cell) => cell.Append($"{snapshots[row].Process.Pid}")) { Right = true },
            new("Name", (row, cell) => cell.AppendForeign(snapshots[row].Process.Name)),
        };
        foreach (var measure in s_measures.Where(m => snapshots.All(s => s.Has(m))))
            columns.Add(new TableColumn(measure.Title(), (row, cell) => Figures.KibOrBlank(cell, snapshots[row].Summary.Total.Measures[measure])) { Right = true });
        columns.Add(new TableColumn("Command", (row, cell) => cell.AppendForeign(snapshots[row].Process.Command ?? "")) { Flexible = true });
        new TextTable(columns, snapshots.Count).Write(screen);
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("summary");
        foreach (var row in tree.Rows)
        {
            json.WriteStartObject();
            json.WriteString("type", row.Type?.Name() ?? "Total");
            foreach (var (_, key, of) in s_columns)
            {
                if (of(row) is { } bytes)
                    json.WriteNumber(key, bytes);
            }
            json.WriteNumber("processes", row.Processes);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("processes");
        foreach (var snapshot in tree.Snapshots)
            WriteProcess(json, snapshot);
        json.WriteEndArray();
        json.WriteStartArray("problems");
        foreach (var problem in problems)
            json.WriteStringValue(problem.Message);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void WriteProcess(Utf8JsonWriter json, Snapshot snapshot)
    {
        json.WriteStartObject();
        json.WriteNumber("pid", snapshot.Process.Pid);
        if (snapshot.Process.ParentPid is { } parent)
            json.WriteNumber("parentPid", parent);
        json.WriteString("name", snapshot.Process.Name);
        foreach (var measure in s_measures.Where(snapshot.Has))
            json.WriteNumber(measure.JsonName(), snapshot.Summary.Total.Measures[measure]);
        json.WriteEndObject();
    }
}
