using System.Text.Json;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Formats.Export;

/// <summary>A <see cref="HeapReport"/> as json: <c>totals</c> under mallinfo2's own names, <c>inUse</c> as the program sees it, <c>arenas</c>,
/// <c>sizes</c>. Amounts are bytes, addresses "0x…" strings, what is not known is left out.</summary>
public static class JsonHeap
{
    /// <summary>Writes the members of the report into an object that is open.</summary>
    public static void WriteMembers(Utf8JsonWriter json, HeapReport report)
    {
        json.WriteString("allocator", report.Allocator);
        json.WriteString("library", PrintableText.Of(report.Library));
        json.WriteBoolean("approximate", report.Approximate);
        if (report.Paused is { } paused)
            json.WriteNumber("pausedMilliseconds", paused.TotalMilliseconds);
        json.WriteNumber("milliseconds", report.Took.TotalMilliseconds);
        WriteTotals(json, report.Totals);
        json.WriteStartObject("inUse");
        json.WriteNumber("blocks", report.InUse.Chunks);
        json.WriteNumber("bytes", report.InUse.Bytes);
        json.WriteNumber("usable", report.Usable);
        json.WriteEndObject();
        Write(json, "mapped", report.Mapped);
        json.WriteStartArray("arenas");
        foreach (var arena in report.Arenas)
            Write(json, arena);
        json.WriteEndArray();
        WriteSizes(json, report.Sizes);
        json.WriteStartArray("problems");
        foreach (var problem in report.Problems)
        {
            json.WriteStartObject();
            json.WriteString("id", problem.Id);
            json.WriteString("message", problem.Message);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>The histogram of a report written earlier.</summary>
    /// <exception cref="VmAtlasException">It is no such file.</exception>
    public static SizeHistogram ReadSizes(string path)
    {
        const long MaxBytes = 256 << 20;
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > MaxBytes)
                throw new VmAtlasException(Failure.BadFile, $"{path} is larger than any heap report");
            using var document = JsonDocument.Parse(file);
            var sizes = new SizeHistogram();
            foreach (var row in document.RootElement.GetProperty("sizes").EnumerateArray())
            {
                sizes.AddUsed(row.GetProperty("size").GetUInt64(), row.GetProperty("used").GetUInt64());
                sizes.AddFree(row.GetProperty("size").GetUInt64(), row.GetProperty("free").GetUInt64());
            }
            return sizes;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new VmAtlasException(Failure.BadFile, $"{path} is not what 'vmatlas heap --json' wrote: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VmAtlasException(e is FileNotFoundException ? Failure.NotFound : Failure.General, e.Message, e);
        }
    }

    static void WriteTotals(Utf8JsonWriter json, HeapTotals totals)
    {
        json.WriteStartObject("totals");
        foreach (var (name, value) in HeapTotalsNames.Of(totals))
            json.WriteNumber(name, value);
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, ArenaReport arena)
    {
        json.WriteStartObject();
        json.WriteNumber("number", arena.Number);
        json.WriteString("address", $"0x{arena.Address.Value:x}");
        json.WriteStartArray("heaps");
        foreach (var heap in arena.Heaps)
        {
            json.WriteStartObject();
            json.WriteString("address", $"0x{heap.Start.Value:x}");
            json.WriteString("end", $"0x{heap.End.Value:x}");
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteNumber("system", arena.System);
        Write(json, "inUse", arena.InUse);
        Write(json, "free", arena.Free);
        Write(json, "fastbins", arena.FastBins);
        Write(json, "tcache", arena.ThreadCaches);
        json.WriteNumber("top", arena.Top);
        json.WriteNumber("largestFree", arena.LargestFree);
        json.WriteNumber("fragmentation", Math.Round(arena.Fragmentation, 4));
        json.WriteNumber("trimmable", arena.Trimmable);
        if (arena.TrimmableResident is { } resident)
            json.WriteNumber("trimmableResident", resident);
        if (arena.Unknown > 0)
            json.WriteNumber("unknown", arena.Unknown);
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, string name, ChunkCount count)
    {
        json.WriteStartObject(name);
        json.WriteNumber("chunks", count.Chunks);
        json.WriteNumber("bytes", count.Bytes);
        json.WriteEndObject();
    }

    static void WriteSizes(Utf8JsonWriter json, SizeHistogram sizes)
    {
        json.WriteStartArray("sizes");
        foreach (var row in sizes.Rows)
        {
            json.WriteStartObject();
            json.WriteNumber("size", row.Size);
            json.WriteNumber("used", row.Used);
            json.WriteNumber("free", row.Free);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
