using System.Text.Json;
using VmAtlas.Model;
using VmAtlas.Model.Managed;

namespace VmAtlas.Formats.Export;

/// <summary>The json of a .NET process's memory, and the objects read back from it for a comparison.</summary>
public static class JsonManaged
{
    /// <summary>A file larger than this is none of ours: a type takes some 100 bytes.</summary>
    const long MaxFileBytes = 256 << 20;

    public static void Write(Utf8JsonWriter json, ManagedView view)
    {
        json.WriteStartObject();
        json.WriteStartObject("process");
        json.WriteNumber("pid", view.Snapshot.Process.Pid);
        json.WriteString("name", view.Snapshot.Process.Name);
        json.WriteEndObject();
        json.WriteString("time", view.Snapshot.TakenAt.UtcDateTime);
        WriteRuntime(json, view.Use);
        WriteUse(json, view.Use, view.Before);
        if (view.Objects is { } objects)
            WriteObjects(json, objects);
        if (view.Changes is { } changes)
            WriteChanges(json, "changes", changes);
        json.WriteEndObject();
    }

    /// <summary>The objects of what <c>vmatlas managed --types --json</c> wrote.</summary>
    /// <exception cref="VmAtlasException">There is no such file, or it is another.</exception>
    public static HeapStatistics ReadObjects(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > MaxFileBytes)
                throw new VmAtlasException(Failure.BadFile, $"{path} is larger than any count of objects");
            using var json = JsonDocument.Parse(file);
            var types = new List<TypeStatistics>();
            foreach (var type in json.RootElement.GetProperty("types").EnumerateArray())
                types.Add(new TypeStatistics(type.GetProperty("type").GetString()!, type.GetProperty("count").GetInt64(), type.GetProperty("bytes").GetInt64()));
            return new HeapStatistics { Types = types, Generations = [], SkippedBytes = json.RootElement.GetProperty("skippedBytes").GetInt64() };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new VmAtlasException(Failure.BadFile, $"{path} is not what 'vmatlas managed --types --json' wrote: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VmAtlasException(e is FileNotFoundException ? Failure.NotFound : Failure.General, e.Message, e);
        }
    }

    static void WriteRuntime(Utf8JsonWriter json, ManagedUse use)
    {
        json.WriteStartObject("runtime");
        Text("version", use.Version);
        Text("gc", use.Collector);
        Text("evidence", use.Evidence);
        Text("whyNotBetter", use.WhyNotBetter);
        json.WriteEndObject();

        void Text(string name, string? value)
        {
            if (value is not null)
                json.WriteString(name, value);
        }
    }

    static void WriteUse(Utf8JsonWriter json, ManagedUse use, ManagedUse? before)
    {
        json.WriteStartArray("heaps");
        foreach (var row in use.Rows)
        {
            json.WriteStartObject();
            json.WriteString("heap", row.Kind.JsonName());
            json.WriteNumber("used", row.Used);
            if (before is not null)
                json.WriteNumber("usedBefore", before.Rows.FirstOrDefault(b => b.Kind == row.Kind).Used);
            json.WriteNumber("committed", row.Committed);
            json.WriteNumber("reserved", row.Reserved);
            json.WriteNumber("free", row.Free);
            if (use.HasResident)
                json.WriteNumber("totalWs", row.Resident);
            if (use.HasSwap)
                json.WriteNumber("swap", row.Swap);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("collectorHeaps");
        foreach (var heap in use.Heaps)
        {
            json.WriteStartObject();
            json.WriteNumber("number", heap.Heap);
            json.WriteString("heap", heap.Kind.JsonName());
            json.WriteNumber("used", heap.Used);
            json.WriteNumber("committed", heap.Committed);
            json.WriteNumber("reserved", heap.Reserved);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (!use.HasResident)
            return;
        json.WriteStartObject("explained");
        json.WriteNumber("resident", use.Resident);
        json.WriteNumber("dotnet", use.Explained);
        json.WriteNumber("named", use.Named);
        json.WriteEndObject();
    }

    static void WriteObjects(Utf8JsonWriter json, HeapStatistics objects)
    {
        json.WriteNumber("skippedBytes", objects.SkippedBytes);
        json.WriteStartArray("generations");
        foreach (var generation in objects.Generations)
        {
            json.WriteStartObject();
            json.WriteString("generation", generation.Kind.JsonName());
            json.WriteNumber("objects", generation.Count);
            json.WriteNumber("bytes", generation.Bytes);
            json.WriteNumber("freeObjects", generation.FreeCount);
            json.WriteNumber("freeBytes", generation.FreeBytes);
            json.WriteNumber("fragmentation", Math.Round(generation.Fragmentation, 4));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("types");
        foreach (var type in objects.Types)
        {
            json.WriteStartObject();
            json.WriteString("type", type.Name);
            json.WriteNumber("count", type.Count);
            json.WriteNumber("bytes", type.Bytes);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>Types whose objects became more or fewer, as an array under a name.</summary>
    public static void WriteChanges(Utf8JsonWriter json, string name, IReadOnlyList<ObjectChange> changes)
    {
        json.WriteStartArray(name);
        foreach (var change in changes)
        {
            json.WriteStartObject();
            json.WriteString("type", change.Name);
            json.WriteNumber("countBefore", change.CountBefore);
            json.WriteNumber("countAfter", change.CountAfter);
            json.WriteNumber("bytesBefore", change.BytesBefore);
            json.WriteNumber("bytesAfter", change.BytesAfter);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
