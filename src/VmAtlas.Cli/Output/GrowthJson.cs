using System.Text.Json;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Cli.Output;

/// <summary>Sizes that grew, as json: the same in every verb that has them.</summary>
static class GrowthJson
{
    public static void Write(Utf8JsonWriter json, string name, IReadOnlyList<HeapGrowth.Suspicion> growth)
    {
        json.WriteStartArray(name);
        foreach (var size in growth)
        {
            json.WriteStartObject();
            json.WriteNumber("size", size.Size);
            json.WriteNumber("before", size.Before);
            json.WriteNumber("after", size.After);
            json.WriteNumber("bytes", size.Bytes);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
