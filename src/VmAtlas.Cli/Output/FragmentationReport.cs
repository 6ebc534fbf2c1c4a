using System.Globalization;
using System.Text.Json;
using VmAtlas.Model;

namespace VmAtlas.Cli.Output;

/// <summary>Free holes by size, use of what is reserved, and the map.</summary>
sealed class FragmentationReport(Snapshot snapshot, int lines)
{
    static readonly (string Name, ulong Bytes)[] s_alignments = [("a page", 4096), ("2 M", 2 << 20), ("1 G", 1 << 30)];

    readonly Fragmentation _fragmentation = Fragmentation.Of(snapshot);

    public void Write(Screen screen)
    {
        ProcessLine.Write(screen, snapshot);
        screen.Line();
        WriteUses(screen);
        screen.Line();
        WriteHoles(screen);
        screen.Line();
        AddressMapDrawing.Write(screen, snapshot, lines);
    }

    void WriteUses(Screen screen)
    {
        var uses = _fragmentation.Uses;
        new TextTable(
        [
            new("", (row, cell) => TypeKey.Write(screen, cell, uses[row].Type)),
            new("Type", (row, cell) => cell.Append(uses[row].Type?.Name() ?? "All")),
            new("Reserved", (row, cell) => Figures.Kib(cell, uses[row].Size)) { Right = true },
            new("Committed", (row, cell) => Figures.KibOrBlank(cell, uses[row].Committed ?? 0)) { Right = true },
            new("", (row, cell) => Share(cell, uses[row].CommittedShare)) { Right = true },
            new("In memory", (row, cell) => Figures.KibOrBlank(cell, uses[row].Resident ?? 0)) { Right = true },
            new("", (row, cell) => Share(cell, uses[row].ResidentShare)) { Right = true },
        ], uses.Count).Write(screen);
    }

    void WriteHoles(Screen screen)
    {
        var holes = _fragmentation.Holes;
        new TextTable(
        [
            new("Free holes of", (row, cell) => Class(cell, holes[row].From)),
            new("Count", (row, cell) => cell.Append($"{holes[row].Count:N0}")) { Right = true },
            new("Together", (row, cell) => Figures.Kib(cell, holes[row].Bytes)) { Right = true },
            new("Largest", (row, cell) => Figures.Kib(cell, holes[row].Largest)) { Right = true },
        ], holes.Count).Write(screen);
        screen.Line();
        screen.Sentence(string.Create(CultureInfo.InvariantCulture,
            $"{_fragmentation.Count:N0} holes, {Short(_fragmentation.FreeBytes)} free; fragmentation {_fragmentation.Index:0.000} (0 is one hole, 1 is crumbs)"));
        screen.Sentence("largest that would fit: " + string.Join("; ", s_alignments.Select(a =>
            $"{Short(_fragmentation.LargestFit(new ByteSize(a.Bytes)).Size.Bytes)} aligned to {a.Name}")));
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("holes", _fragmentation.Count);
        json.WriteNumber("free", _fragmentation.FreeBytes);
        json.WriteNumber("largest", _fragmentation.Largest);
        json.WriteNumber("index", _fragmentation.Index);
        json.WriteStartArray("classes");
        foreach (var hole in _fragmentation.Holes)
        {
            json.WriteStartObject();
            json.WriteNumber("from", hole.From);
            json.WriteNumber("count", hole.Count);
            json.WriteNumber("bytes", hole.Bytes);
            json.WriteNumber("largest", hole.Largest);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("uses");
        foreach (var use in _fragmentation.Uses)
            WriteUse(json, use);
        json.WriteEndArray();
        AddressMapDrawing.WriteJson(json, snapshot, lines);
        json.WriteEndObject();
    }

    static void WriteUse(Utf8JsonWriter json, TypeUse use)
    {
        json.WriteStartObject();
        json.WriteString("type", use.Type?.Name() ?? "All");
        json.WriteNumber("size", use.Size);
        if (use.Committed is { } committed)
            json.WriteNumber("committed", committed);
        if (use.Resident is { } resident)
            json.WriteNumber("totalWs", resident);
        json.WriteEndObject();
    }

    static void Share(Cell cell, double? share)
    {
        if (share is { } known)
            cell.Append($"{known * 100:0} %");
    }

    static void Class(Cell cell, ulong from)
    {
        cell.Append(Short(from));
        cell.Append(" to ");
        cell.Append(Short(from * 2));
    }

    static string Short(ulong bytes) => Figures.Short(new ByteSize(bytes));
}
