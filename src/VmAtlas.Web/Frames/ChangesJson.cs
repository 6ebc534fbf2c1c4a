using System.Text.Json;
using VmAtlas.Formats.Export;
using VmAtlas.Model;

namespace VmAtlas.Web.Frames;

/// <summary>What changed as a whole: the table of types with differences instead of sizes, and the changes by module.</summary>
static class ChangesJson
{
    public static void Write(SnapshotDiff diff, Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, JsonSnapshot.WriterOptions(indented: false));
        json.WriteStartObject();
        json.WriteString("time", diff.After.TakenAt.UtcDateTime);
        json.WriteNumber("milliseconds", diff.After.Took.TotalMilliseconds);
        json.WriteStartArray("summary");
        foreach (var type in diff.Types)
            WriteType(json, type);
        json.WriteEndArray();
        json.WriteStartArray("modules");
        foreach (var module in diff.Modules())
            WriteModule(json, module);
        json.WriteEndArray();
        json.WriteStartArray("annotators");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void WriteType(Utf8JsonWriter json, TypeChange change)
    {
        json.WriteStartObject();
        json.WriteString("type", change.Type?.Name() ?? "Total");
        for (var m = 0; m < Measures.Count; m++)
        {
            if (change.Delta((Measure)m) is { } bytes)
                json.WriteNumber(((Measure)m).JsonName(), bytes);
        }
        if (change.BlocksDelta is { } blocks)
            json.WriteNumber("blocks", blocks);
        json.WriteNumber("regions", change.RegionsDelta);
        json.WriteEndObject();
    }

    /// <summary>Only modules of which something changed.</summary>
    static void WriteModule(Utf8JsonWriter json, ModuleChange module)
    {
        var same = module.RegionsBefore == module.RegionsAfter;
        for (var m = 0; m < Measures.Count && same; m++)
            same = module.Delta((Measure)m) is null or 0;
        if (same)
            return;
        json.WriteStartObject();
        json.WriteString("path", module.Path);
        json.WriteNumber("regionsBefore", module.RegionsBefore);
        json.WriteNumber("regionsAfter", module.RegionsAfter);
        for (var m = 0; m < Measures.Count; m++)
        {
            if (module.Delta((Measure)m) is { } bytes)
                json.WriteNumber(((Measure)m).JsonName(), bytes);
        }
        json.WriteEndObject();
    }
}
