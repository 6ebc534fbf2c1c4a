using System.Text.Json;
using VmAtlas.Formats.Frame;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;
using VmAtlas.Web.Api;
using VmAtlas.Web.Frames;

namespace VmAtlas.Web.Reports;

/// <summary>What a snapshot kept of the inside of malloc, as a part of a report: the arenas, the chunks, and the sums of each heap.</summary>
static class HeapPart
{
    /// <summary>Chunks of one snapshot: a report is for reading and for sending. Of more, the largest; the sums count all.</summary>
    const int MostChunks = 50_000;

    /// <param name="pack">Writes a member of the object.</param>
    public static void Write(Utf8JsonWriter json, Snapshot snapshot, HeapReport heap, Action<string, Action<Stream>> pack)
    {
        json.WriteStartObject("heap");
        pack("look", body => HeapCalls.Write(body, snapshot.TakenAt, heap, null));
        if (heap.Chunks is { } chunks)
        {
            pack("chunks", body => HtmlReport.Write(ChunksFrame.Of(chunks, AllocationsFrame.Everywhere, MostChunks, _ => null), body));
            json.WriteStartArray("ranges");
            for (var i = 0; i < snapshot.Regions.Count; i++)
            {
                var region = new Region(snapshot, i);
                if (region.Type == MemoryType.Heap)
                    WriteRange(json, chunks, new AddressRange(region.Start, region.End), pack);
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    static void WriteRange(Utf8JsonWriter json, ChunkTable chunks, AddressRange range, Action<string, Action<Stream>> pack)
    {
        json.WriteStartObject();
        json.WriteString("start", range.Start.ToString());
        pack("sums", body => ChunksJson.Write(chunks, range, MostChunks, body));
        json.WriteEndObject();
    }
}
