using System.Text.Encodings.Web;
using System.Text.Json;
using VmAtlas.Model;

namespace VmAtlas.Formats.Export;

/// <summary>A snapshot as one json object. Bytes are numbers, addresses "0x…" texts; what is not known is left out, never 0.</summary>
public static class JsonSnapshot
{
    /// <summary>What is held at most before it goes to the stream.</summary>
    const int FlushAt = 1 << 16;

    public static void Write(Snapshot snapshot, Stream output, JsonOptions options)
    {
        using var writer = new Utf8JsonWriter(output, WriterOptions(options.Indented));
        Write(snapshot, writer, options);
    }

    /// <summary>Only what json itself needs is escaped, and control characters, so that "libstdc++.so" stays readable.</summary>
    public static JsonWriterOptions WriterOptions(bool indented) =>
        new() { Indented = indented, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(Snapshot snapshot, Utf8JsonWriter writer, JsonOptions options)
    {
        writer.WriteStartObject();
        JsonFacts.Write(snapshot, writer);
        WriteSummary(snapshot.Summary, writer);
        if (options.Regions)
            WriteRegions(snapshot, writer, options);
        if (options.Heap && snapshot.Heap is { } heap)
        {
            writer.WriteStartObject("heap"u8);
            JsonHeap.WriteMembers(writer, heap.Value);
            writer.WriteEndObject();
        }
        JsonFacts.WriteAnnotators(snapshot, writer);
        writer.WriteEndObject();
        writer.Flush();
    }

    static void WriteSummary(Summary summary, Utf8JsonWriter writer)
    {
        writer.WriteStartArray("summary"u8);
        foreach (var row in summary.Rows)
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, row.Type?.Name() ?? "Total");
            WriteMeasures(row.Measures, writer);
            if (row.Blocks is { } blocks)
                writer.WriteNumber("blocks"u8, blocks);
            if (row.Largest is { } largest)
                writer.WriteNumber("largest"u8, largest);
            writer.WriteNumber("regions"u8, row.Regions);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    static void WriteRegions(Snapshot snapshot, Utf8JsonWriter writer, JsonOptions options)
    {
        var (fact, last) = (0, -1);
        writer.WriteStartArray("regions"u8);
        for (var i = 0; i < (options.Chosen?.Count ?? snapshot.Regions.Count); i++)
        {
            var region = options.Chosen is { } chosen ? chosen[i] : i;
            if (region < last)
                fact = 0; // facts stand in order of region: out of order they are looked for from the first again
            last = region;
            WriteRegion(snapshot, region, writer, options, ref fact);
            if (writer.BytesPending > FlushAt)
                writer.Flush();
        }
        writer.WriteEndArray();
    }

    static void WriteRegion(Snapshot snapshot, int index, Utf8JsonWriter writer, in JsonOptions options, ref int fact)
    {
        var region = snapshot.RegionAt(index);
        writer.WriteStartObject();
        WriteRange(new AddressRange(region.Start, region.End), writer);
        writer.WriteString("type"u8, region.Type.Name());
        WriteMeasures(region.GetAll(), writer);
        writer.WriteNumber("mappings"u8, region.MappingCount);
        JsonBlock.WriteProtection(region.Protection, writer);
        writer.WriteString("details"u8, region.Details);
        writer.WriteString("reason"u8, region.Reason);
        writer.WriteString("annotator"u8, region.Annotator.Name);
        JsonFacts.WriteRegionFacts(snapshot, index, ref fact, writer);
        options.Makers?.WriteJson(writer, region);
        if (options.Blocks)
        {
            writer.WriteStartArray("blocks"u8);
            foreach (var block in region.Blocks)
                JsonBlock.Write(block, writer);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }

    internal static void WriteRange(AddressRange range, Utf8JsonWriter writer)
    {
        WriteAddress("address"u8, range.Start, writer);
        WriteAddress("end"u8, range.End, writer);
    }

    internal static void WriteAddress(ReadOnlySpan<byte> name, Address address, Utf8JsonWriter writer)
    {
        Span<byte> text = stackalloc byte[18];
        "0x"u8.CopyTo(text);
        address.Value.TryFormat(text[2..], out var length, "x");
        writer.WriteString(name, text[..(2 + length)]);
    }

    internal static void WriteMeasures(in MeasureSet measures, Utf8JsonWriter writer)
    {
        for (var m = 0; m < Measures.Count; m++)
        {
            if (measures.Has((Measure)m))
                writer.WriteNumber(((Measure)m).JsonName(), measures[(Measure)m]);
        }
    }
}
