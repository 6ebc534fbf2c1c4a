using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using VmAtlas.Capture;
using VmAtlas.Capture.Linux;
using VmAtlas.Capture.Linux.Heaps;
using VmAtlas.Formats.Export;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;
using VmAtlas.Web.Frames;
using VmAtlas.Web.Sessions;

namespace VmAtlas.Web.Api;

/// <summary>The inside of a live target's malloc: a look at all of it, then the chunks of one range of that look.</summary>
static class HeapCalls
{
    /// <summary>Chunks in one answer: of more, the largest.</summary>
    public const int MostChunks = 1 << 21;

    public static void Map(IEndpointRouteBuilder routes, ApiContext api)
    {
        routes.MapGet("/api/sessions/{id}/heap", async context =>
        {
            var look = await SessionCalls.SessionOf(context, api).LiveOrThrow.LookIntoHeap(context.RequestAborted);
            await context.WriteJson(body => Write(body, look));
        });
        routes.MapGet("/api/sessions/{id}/heap/range", async context =>
        {
            var (look, range) = (LookOf(context, api), MemoryCalls.RangeOf(context, page: 1));
            await context.WriteJson(body => ChunksJson.Write(look.Report.Chunks!, range, MostChunks, body));
        });
        routes.MapGet("/api/sessions/{id}/heap/chunks", async context =>
        {
            var (look, range) = (LookOf(context, api), MemoryCalls.RangeOf(context, page: 1));
            using var target = SessionCalls.SessionOf(context, api).LiveOrThrow.Look();
            var classes = new BlockClasses(target.Require<LinuxTarget>("naming what is in its heap"), look.Mappings, look.Strings);
            await context.WriteFrame(await Task.Run(() => ChunksFrame.Of(look.Report.Chunks!, range, MostChunks, classes.Of), context.RequestAborted));
        });
    }

    static HeapLook LookOf(HttpContext context, ApiContext api) => SessionCalls.SessionOf(context, api).LiveOrThrow.Heap
        ?? throw new VmAtlasException(Failure.Usage, "the heap has not been looked into yet");

    static void Write(Stream body, HeapLook look)
    {
        using var json = new Utf8JsonWriter(body, JsonSnapshot.WriterOptions(indented: false));
        json.WriteStartObject();
        json.WriteString("time", look.TakenAt.UtcDateTime);
        JsonHeap.WriteMembers(json, look.Report);
        if (look.Growth is { } growth)
            WriteGrowth(json, growth);
        json.WriteEndObject();
    }

    static void WriteGrowth(Utf8JsonWriter json, IReadOnlyList<HeapGrowth.Suspicion> growth)
    {
        json.WriteStartArray("growth");
        foreach (var suspicion in growth)
        {
            json.WriteStartObject();
            json.WriteNumber("size", suspicion.Size);
            json.WriteNumber("before", suspicion.Before);
            json.WriteNumber("after", suspicion.After);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
