using System.Globalization;
using System.Text.Json;
using VmAtlas.Formats.Export;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;
using VmAtlas.Model.Managed;

namespace VmAtlas.Cli.Output;

/// <summary>What changed between two snapshots: types, then the regions and modules that changed most.</summary>
sealed class DiffReport(SnapshotDiff diff, Measure by, int top)
{
    static readonly (Measure Measure, int DropOrder)[] s_measures =
    [
        (Measure.Size, 0), (Measure.Committed, 1), (Measure.Private, 0), (Measure.TotalWs, 0), (Measure.PrivateWs, 2), (Measure.SharedWs, 4),
        (Measure.Pss, 5), (Measure.Swap, 3),
    ];

    /// <summary>Sizes of malloc's blocks of which there are more; null unless both snapshots have their heaps.</summary>
    readonly IReadOnlyList<HeapGrowth.Suspicion>? _growth =
        diff.Before.Heap is { } before && diff.After.Heap is { } after ? HeapGrowth.Between(before.Value.Sizes, after.Value.Sizes) : null;

    /// <summary>Types of .NET objects that changed; null unless both snapshots have their objects.</summary>
    readonly IReadOnlyList<ObjectChange>? _objects =
        diff.Before.Objects is { } before && diff.After.Objects is { } after ? ObjectDiff.Between(before, after) : null;

    public bool Modules { get; init; }

    public void Write(Screen screen)
    {
        WriteSide(screen, "before", diff.Before);
        WriteSide(screen, "after ", diff.After);
        if (!diff.SameProcess)
            screen.Line("two runs or programs: regions are matched by what they are, not by address", Palette.Muted);
        screen.Line();
        WriteTypes(screen);
        WriteRegions(screen);
        if (Modules)
            WriteModules(screen);
        if (_growth is { } growth)
        {
            screen.Line();
            HeapTables.WriteGrowth(screen, growth, top);
        }
        if (_objects is { } objects)
        {
            screen.Line();
            ObjectChangeTable.Write(screen, objects, top);
            ObjectChangeTable.WriteSkipped(screen, diff.After.Objects!);
        }
    }

    static void WriteSide(Screen screen, string side, Snapshot snapshot)
    {
        var time = snapshot.TakenAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        screen.CutLine($"{side}  {time}  {Escape.Text(snapshot.Process.Name)} {snapshot.Process.Pid}  Private {Figures.Kib(snapshot.Summary.Total.Measures[Measure.Private])}");
    }

    IEnumerable<(Measure Measure, int DropOrder)> Known => s_measures.Append((by, 0)).DistinctBy(m => m.Item1).Where(m => diff.Has(m.Item1));

    void WriteTypes(Screen screen)
    {
        var types = diff.Types;
        var columns = new List<TableColumn>
        {
            new("", (row, cell) => TypeKey.Write(screen, cell, types[row].Type)),
            new("Type", (row, cell) => cell.Append(types[row].Type?.Name() ?? "Total")),
        };
        foreach (var (measure, drop) in Known)
            columns.Add(Difference(measure.Title(), drop, row => types[row].Delta(measure) ?? 0));
        columns.Add(new TableColumn("Blocks", (row, cell) => Count(cell, types[row].BlocksDelta ?? 0)) { Right = true, DropOrder = 6 });
        new TextTable(columns, types.Count).Write(screen);
    }

    void WriteRegions(Screen screen)
    {
        var all = diff.ByImpact(by);
        var shown = all.Length > top ? all[..top] : all;
        screen.Line();
        if (all.Length == 0)
        {
            screen.Line("no region was added, removed or changed");
            return;
        }
        var columns = new List<TableColumn>
        {
            new("", (row, cell) => Sign(cell, diff.KindOf(shown[row], by))),
            new("Address", (row, cell) => cell.Append($"{Side(shown[row]).Start.Value:x12}")),
            new("Type", (row, cell) => cell.Append(Side(shown[row]).Type.Name())),
        };
        foreach (var (measure, drop) in Known)
            columns.Add(Difference(measure.Title(), drop, row => diff.Delta(shown[row], measure)));
        columns.Add(new TableColumn("What", (row, cell) => What(cell, shown[row])));
        columns.Add(new TableColumn("Details", (row, cell) => cell.AppendForeign(Side(shown[row]).Details)) { Flexible = true });
        new TextTable(columns, shown.Length).Write(screen);
        More(screen, all.Length - shown.Length, "regions");
    }

    void WriteModules(Screen screen)
    {
        var all = diff.Modules().Where(m => m.RegionsBefore != m.RegionsAfter || Known.Any(k => m.Delta(k.Measure) is not (0 or null)))
            .OrderByDescending(m => Math.Abs(m.Delta(by) ?? 0)).ToList();
        var shown = all.Take(top).ToList();
        screen.Line();
        if (all.Count == 0)
        {
            screen.Line("no file or library changed");
            return;
        }
        var columns = new List<TableColumn> { new("", (row, cell) => Sign(cell, ModuleKind(shown[row]))) };
        foreach (var (measure, drop) in Known)
            columns.Add(Difference(measure.Title(), drop, row => shown[row].Delta(measure) ?? 0));
        columns.Add(new TableColumn("Regions", (row, cell) => cell.Append($"{shown[row].RegionsBefore} → {shown[row].RegionsAfter}")) { DropOrder = 7 });
        columns.Add(new TableColumn("Module", (row, cell) => cell.AppendForeign(shown[row].Path)) { Flexible = true });
        new TextTable(columns, shown.Count).Write(screen);
        More(screen, all.Count - shown.Count, "modules");
    }

    static void More(Screen screen, int count, string what)
    {
        if (count > 0)
            screen.Line($"   {count:N0} {what} more that changed less: --all", Palette.Muted);
    }

    static TableColumn Difference(string title, int dropOrder, Func<int, long> delta) => new(title, (row, cell) =>
    {
        var change = delta(row);
        Figures.Change(cell, change);
        cell.Ink = change > 0 ? Palette.Added : change < 0 ? Palette.Removed : default;
    })
    { Right = true, DropOrder = dropOrder };

    static void Count(Cell cell, long change)
    {
        if (change != 0)
            cell.Append($"{change:+#,0;−#,0}");
    }

    static void Sign(Cell cell, ChangeKind kind)
    {
        var (sign, ink) = kind switch
        {
            ChangeKind.Added => ("+", Palette.Added),
            ChangeKind.Removed => ("−", Palette.Removed),
            _ => ("Δ", Palette.Changed),
        };
        cell.Append(sign);
        cell.Ink = ink;
    }

    static ChangeKind ModuleKind(ModuleChange module) =>
        module.RegionsBefore == 0 ? ChangeKind.Added : module.RegionsAfter == 0 ? ChangeKind.Removed : ChangeKind.Grown;

    void What(Cell cell, int change)
    {
        var kind = diff.KindOf(change, by);
        cell.Append(Word(kind));
        if (kind != ChangeKind.Reprotected)
            return;
        var (before, after) = diff.Regions[change];
        cell.Append(" ");
        cell.Append(diff.Before.RegionAt(before).Protection.ToMapsText());
        cell.Append(" → ");
        cell.Append(diff.After.RegionAt(after).Protection.ToMapsText());
    }

    static string Word(ChangeKind kind) => kind switch
    {
        ChangeKind.Added => "added",
        ChangeKind.Removed => "removed",
        ChangeKind.Grown => "grown",
        ChangeKind.Shrunk => "shrunk",
        ChangeKind.Reprotected => "protection",
        _ => "",
    };

    /// <summary>The region as it is now, or as it was when it is gone.</summary>
    Region Side(int change)
    {
        var (before, after) = diff.Regions[change];
        return after >= 0 ? diff.After.RegionAt(after) : diff.Before.RegionAt(before);
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        WriteSide(json, "before", diff.Before);
        WriteSide(json, "after", diff.After);
        json.WriteBoolean("sameProcess", diff.SameProcess);
        json.WriteStartArray("types");
        foreach (var type in diff.Types)
        {
            json.WriteStartObject();
            json.WriteString("type", type.Type?.Name() ?? "Total");
            WriteDeltas(json, type.Delta);
            if (type.BlocksDelta is { } blocks)
                json.WriteNumber("blocks", blocks);
            json.WriteNumber("regions", type.RegionsDelta);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        WriteRegions(json);
        WriteModules(json);
        if (_growth is { } growth)
            GrowthJson.Write(json, "heapGrowth", growth);
        if (_objects is { } objects)
            JsonManaged.WriteChanges(json, "objects", objects);
        json.WriteEndObject();
    }

    static void WriteSide(Utf8JsonWriter json, string side, Snapshot snapshot)
    {
        json.WriteStartObject(side);
        json.WriteNumber("pid", snapshot.Process.Pid);
        json.WriteString("name", snapshot.Process.Name);
        json.WriteString("time", snapshot.TakenAt.UtcDateTime);
        json.WriteEndObject();
    }

    void WriteRegions(Utf8JsonWriter json)
    {
        json.WriteStartArray("regions");
        foreach (var change in diff.ByImpact(by).Take(top))
        {
            var region = Side(change);
            json.WriteStartObject();
            json.WriteString("change", Word(diff.KindOf(change, by)));
            json.WriteString("address", $"0x{region.Start.Value:x}");
            json.WriteString("end", $"0x{region.End.Value:x}");
            json.WriteString("type", region.Type.Name());
            json.WriteString("details", region.Details);
            WriteDeltas(json, m => diff.Has(m) ? diff.Delta(change, m) : null);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    void WriteModules(Utf8JsonWriter json)
    {
        json.WriteStartArray("modules");
        foreach (var module in diff.Modules())
        {
            json.WriteStartObject();
            json.WriteString("path", module.Path);
            json.WriteNumber("regionsBefore", module.RegionsBefore);
            json.WriteNumber("regionsAfter", module.RegionsAfter);
            WriteDeltas(json, module.Delta);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>Differences in bytes, negative for less; what one of the two does not know is left out.</summary>
    static void WriteDeltas(Utf8JsonWriter json, Func<Measure, long?> delta)
    {
        for (var m = 0; m < Measures.Count; m++)
        {
            if (delta((Measure)m) is { } bytes)
                json.WriteNumber(((Measure)m).JsonName(), bytes);
        }
    }
}
