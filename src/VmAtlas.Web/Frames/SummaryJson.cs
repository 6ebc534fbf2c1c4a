using System.Text.Json;
using Microsoft.AspNetCore.Http;
using VmAtlas.Model;

namespace VmAtlas.Web.Frames;

/// <summary>The table of types and what is known of the snapshot as a whole.</summary>
static class SummaryJson
{
    public static async Task Write(Snapshot snapshot, HttpResponse response)
    {
        response.ContentType = "application/json; charset=utf-8";
        await using var json = new Utf8JsonWriter(response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("takenAt", snapshot.TakenAt);
        json.WriteNumber("tookMs", snapshot.Took.TotalMilliseconds);
        json.WriteStartArray("summary");
        foreach (var row in snapshot.Summary.Rows)
            Write(json, row);
        json.WriteEndArray();
        json.WriteStartObject("counters");
        foreach (var (name, bytes) in snapshot.Counters)
            json.WriteNumber(name, bytes);
        json.WriteEndObject();
        json.WriteStartArray("annotators");
        foreach (var report in snapshot.Annotators)
        {
            json.WriteStartObject();
            json.WriteString("name", report.Name);
            json.WriteBoolean("ran", report.Ran);
            if (report.WhyNot is not null)
                json.WriteString("whyNot", report.WhyNot);
            json.WriteNumber("ms", report.Took.TotalMilliseconds);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("problems");
        foreach (var problem in snapshot.Problems)
        {
            json.WriteStartObject();
            json.WriteString("id", problem.Id);
            json.WriteString("message", problem.Message);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, SummaryRow row)
    {
        json.WriteStartObject();
        json.WriteString("type", row.Type?.Name() ?? "Total");
        for (var m = 0; m < Measures.Count; m++)
        {
            if (row.Measures.Has((Measure)m))
                json.WriteNumber(((Measure)m).JsonName(), row.Measures[(Measure)m]);
        }
        if (row.Blocks is { } blocks)
            json.WriteNumber("blocks", blocks);
        if (row.Largest is { } largest)
            json.WriteNumber("largest", largest);
        json.WriteNumber("regions", row.Regions);
        json.WriteEndObject();
    }
}
