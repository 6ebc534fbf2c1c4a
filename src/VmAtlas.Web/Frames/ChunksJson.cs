using System.Text.Json;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Web.Frames;

/// <summary>The chunks of one range added up: by state, and by size.</summary>
static class ChunksJson
{
    public static void Write(ChunkTable chunks, AddressRange range, int most, Stream body)
    {
        var (states, sizes) = (new ChunkCount[ChunkStates.Count], new SizeHistogram());
        foreach (var row in new ChunkQuery { Within = [range] }.Select(chunks))
        {
            var (state, size) = (chunks.StateOf(row), chunks.SizeOf(row));
            states[(int)state] += new ChunkCount(1, size);
            if (state.IsHeld())
                sizes.AddUsed(size);
            else
                sizes.AddFree(size);
        }
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteNumber("most", most);
        json.WriteStartArray("states");
        for (var i = 0; i < states.Length; i++)
        {
            json.WriteStartObject();
            json.WriteString("state", ((ChunkState)i).Name());
            Write(json, states[i]);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("sizes");
        foreach (var group in sizes.Classes())
        {
            json.WriteStartObject();
            json.WriteNumber("from", group.From);
            json.WriteNumber("to", group.To);
            Write(json, group.Used, "used");
            Write(json, group.Free, "free");
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, ChunkCount count, string name)
    {
        json.WriteStartObject(name);
        Write(json, count);
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, ChunkCount count)
    {
        json.WriteNumber("chunks", count.Chunks);
        json.WriteNumber("bytes", count.Bytes);
    }
}
