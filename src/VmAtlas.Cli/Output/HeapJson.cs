using System.Text.Json;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Formats.Export;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Cli.Output;

/// <summary>The json of <c>vmatlas heap</c>: the report, and what was asked for besides.</summary>
sealed record HeapJson(HeapReport Report, IReadOnlyList<HeapGrowth.Suspicion>? Growth, IReadOnlyList<(string Class, ChunkCount Count)>? Classes,
    BlockListing? Blocks)
{
    public void Write(Session session, ProcessFacts process) => session.WriteJson(json =>
    {
        json.WriteStartObject();
        json.WriteStartObject("process");
        json.WriteNumber("pid", process.Pid);
        json.WriteString("name", process.Name);
        json.WriteEndObject();
        JsonHeap.WriteMembers(json, Report);
        if (Growth is not null)
            GrowthJson.Write(json, "growth", Growth);
        if (Classes is not null)
            WriteClasses(json, Classes);
        Blocks?.WriteJson(json);
        json.WriteEndObject();
    });

    static void WriteClasses(Utf8JsonWriter json, IReadOnlyList<(string Class, ChunkCount Count)> classes)
    {
        json.WriteStartArray("classes");
        foreach (var (name, count) in classes)
        {
            json.WriteStartObject();
            json.WriteString("class", name);
            json.WriteNumber("objects", count.Chunks);
            json.WriteNumber("bytes", count.Bytes);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
