using System.Text.Json;
using VmAtlas.Capture;

namespace VmAtlas.Cli.Output;

/// <summary>The list of processes.</summary>
static class ProcessTable
{
    public static void Write(Screen screen, IReadOnlyList<ProcessRow> rows, bool quick)
    {
        var columns = ProcessColumn.All.Where(c => !quick || c.Key is not ("private" or "pss"))
            .Where(c => c.Key != "container" || rows.Any(r => r.Container is not null))
            .Select(column => new TableColumn(column.Title, (row, cell) => column.Write(rows[row], cell))
            {
                Right = column.Number is not null, Flexible = column.Key == "command", DropOrder = column.DropOrder, Most = column.Most,
            }).ToList();
        TextTable.NoteLeftOut(screen, new TextTable(columns, rows.Count).Write(screen));
        foreach (var reason in quick ? [] : rows.Where(r => r.WhyNot is not null).GroupBy(r => r.WhyNot!))
            screen.Sentence($"! {reason.Count():N0} of {rows.Count:N0} without Private and PSS: {Escape.Text(reason.Key)}", Palette.Warning);
    }

    public static void WriteJson(Utf8JsonWriter json, IReadOnlyList<ProcessRow> rows)
    {
        json.WriteStartObject();
        json.WriteStartArray("processes");
        foreach (var row in rows)
            WriteJson(json, row);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>What is not known is left out.</summary>
    static void WriteJson(Utf8JsonWriter json, ProcessRow row)
    {
        json.WriteStartObject();
        foreach (var column in ProcessColumn.All)
        {
            if (column.Number?.Invoke(row) is { } number)
                json.WriteNumber(column.Key, number);
            else if (column.Text?.Invoke(row) is { } text)
                json.WriteString(column.Key, text);
        }
        if (row.ParentPid is { } parent)
            json.WriteNumber("parentPid", parent);
        if (row.State != default)
            json.WriteString("state", row.State.ToString());
        if (row.WhyNot is { } why)
            json.WriteString("whyNot", why);
        json.WriteEndObject();
    }
}
