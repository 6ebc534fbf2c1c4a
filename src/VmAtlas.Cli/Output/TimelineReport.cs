using System.Globalization;
using System.Text.Json;
using VmAtlas.Model;

namespace VmAtlas.Cli.Output;

/// <summary>The series of a recording: chart with a table of what each type did, a table of all snapshots, csv, json.</summary>
sealed class TimelineReport(TimelineSeries series, Measure measure)
{
    /// <summary>Total and the types that ever had any.</summary>
    readonly List<MemoryType?> _shown =
    [
        null,
        .. Enumerable.Range(0, (int)MemoryType.Free).Select(t => (MemoryType?)t)
            .Where(t => Enumerable.Range(0, series.Count).Any(i => series.Value(t, measure, i) is > 0)),
    ];

    public void WriteChart(Screen screen, int height)
    {
        screen.Line($"{measure.Title()}: {series.Count:N0} {(series.Count == 1 ? "snapshot" : "snapshots")} from {Clock(0)} to {Clock(series.Count - 1)}", Palette.Heading);
        screen.Line();
        TimelineChart.Write(screen, series, measure, height);
        screen.Line();
        WriteTypes(screen);
        WriteEvents(screen);
    }

    void WriteTypes(Screen screen)
    {
        new TextTable(
        [
            new("", (row, cell) => TypeKey.Write(screen, cell, _shown[row])),
            new("Type", (row, cell) => cell.Append(_shown[row]?.Name() ?? "Total")),
            new("First", (row, cell) => Kib(cell, _shown[row], 0)) { Right = true },
            new("Last", (row, cell) => Kib(cell, _shown[row], series.Count - 1)) { Right = true },
            new("Change", (row, cell) => Change(cell, _shown[row])) { Right = true },
            new("Least", (row, cell) => Figures.KibOrBlank(cell, Values(_shown[row]).Min())) { Right = true },
            new("Most", (row, cell) => Figures.KibOrBlank(cell, Values(_shown[row]).Max())) { Right = true },
        ], _shown.Count).Write(screen);
    }

    void WriteEvents(Screen screen)
    {
        const int Most = 10;
        if (series.Events.Count == 0)
            return;
        screen.Line();
        foreach (var happened in series.Events.Take(Most))
            screen.Line($"{Clock(happened.Index)}  @{happened.Index + 1}  {Sentence(happened)}", Palette.Changed);
        if (series.Events.Count > Most)
            screen.Line($"{series.Events.Count - Most:N0} events more: --json", Palette.Muted);
    }

    static string Sentence(TimelineEvent happened) => happened.Kind switch
    {
        TimelineEventKind.Restarted => "another process",
        TimelineEventKind.Exec => "another program in the same process",
        TimelineEventKind.Grew => $"{happened.Type!.Value.Name()} grew by {Figures.Short(new ByteSize((ulong)happened.Bytes))}",
        _ => $"{happened.Type!.Value.Name()} shrank by {Figures.Short(new ByteSize((ulong)-happened.Bytes))}",
    };

    public void WriteTable(Screen screen)
    {
        var columns = new List<TableColumn>
        {
            new("Snapshot", (row, cell) => cell.Append($"@{row + 1}")) { Right = true },
            new("Time", (row, cell) => cell.Append(Clock(row))),
        };
        foreach (var type in _shown)
            columns.Add(new TableColumn(type?.Name() ?? "Total", (row, cell) => Kib(cell, type, row)) { Right = true });
        new TextTable(columns, series.Count).Write(screen);
    }

    /// <summary>RFC 4180 with LF; every type, so that files of different recordings have the same columns; absent is empty.</summary>
    public void WriteCsv(Screen screen)
    {
        var types = Enumerable.Range(0, MemoryTypes.Count).Select(t => (MemoryType?)t).Prepend(null).ToList();
        screen.Line("Snapshot,Time,Seconds," + string.Join(',', types.Select(t => t?.Name() ?? "Total")));
        for (var i = 0; i < series.Count; i++)
        {
            var seconds = (series.Times[i] - series.Times[0]).TotalSeconds;
            screen.Write(string.Create(CultureInfo.InvariantCulture, $"{i + 1},{series.Times[i].UtcDateTime:O},{seconds:0.###}"));
            foreach (var type in types)
                screen.Write(string.Create(CultureInfo.InvariantCulture, $",{series.Value(type, measure, i)}"));
            screen.Line();
        }
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("times");
        foreach (var time in series.Times)
            json.WriteStringValue(time.UtcDateTime);
        json.WriteEndArray();
        json.WriteStartArray("series");
        for (var row = -1; row < MemoryTypes.Count; row++)
            WriteSeries(json, row < 0 ? null : (MemoryType)row);
        json.WriteEndArray();
        json.WriteStartArray("events");
        foreach (var happened in series.Events)
        {
            json.WriteStartObject();
            json.WriteNumber("snapshot", happened.Index + 1);
            json.WriteString("event", happened.Kind.ToString().ToLowerInvariant());
            if (happened.Type is { } type)
            {
                json.WriteString("type", type.Name());
                json.WriteNumber("bytes", happened.Bytes);
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Measures that no snapshot knows are left out; one that only some know is null in the others.</summary>
    void WriteSeries(Utf8JsonWriter json, MemoryType? type)
    {
        json.WriteStartObject();
        json.WriteString("type", type?.Name() ?? "Total");
        foreach (var kept in series.Kept)
        {
            if (!Enumerable.Range(0, series.Count).Any(i => series.Value(type, kept, i) is not null))
                continue;
            json.WriteStartArray(kept.JsonName());
            for (var i = 0; i < series.Count; i++)
            {
                if (series.Value(type, kept, i) is { } bytes)
                    json.WriteNumberValue(bytes);
                else
                    json.WriteNullValue();
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    IEnumerable<ulong> Values(MemoryType? type) =>
        Enumerable.Range(0, series.Count).Select(i => series.Value(type, measure, i)).OfType<ulong>().DefaultIfEmpty();

    void Kib(Cell cell, MemoryType? type, int index) => Figures.KibOrBlank(cell, series.Value(type, measure, index) ?? 0);

    void Change(Cell cell, MemoryType? type)
    {
        if (series.Value(type, measure, 0) is not { } first || series.Value(type, measure, series.Count - 1) is not { } last)
            return;
        Figures.Change(cell, (Int128)last - first);
        cell.Ink = last > first ? Palette.Added : last < first ? Palette.Removed : default;
    }

    string Clock(int index) => series.Times[index].UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
