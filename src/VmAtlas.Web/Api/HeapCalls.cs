using System.Globalization;
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

/// <summary>The inside of malloc: a look at all of a live target's, or what a saved snapshot kept of it, then the chunks of one range of that.</summary>
static class HeapCalls
{
    /// <summary>Chunks in one answer: of more, the largest.</summary>
    public const int MostChunks = 1 << 21;

    public static void Map(IEndpointRouteBuilder routes, ApiContext api)
    {
        routes.MapGet("/api/sessions/{id}/heap", async context =>
        {
            var session = SessionCalls.SessionOf(context, api);
            if (session.Live is null)
            {
                var (takenAt, report) = KeptIn(session, context);
                await context.WriteJson(body => Write(body, takenAt, report, null));
                return;
            }
            var look = await session.Live.LookIntoHeap(context.RequestAborted);
            await context.WriteJson(body => Write(body, look.TakenAt, look.Report, look.Growth));
        });
        routes.MapGet("/api/sessions/{id}/heap/range", async context =>
        {
            var (chunks, range) = (ChunksOf(context, api), MemoryCalls.RangeOf(context, page: 1));
            await context.WriteJson(body => ChunksJson.Write(chunks, range, MostChunks, body));
        });
        routes.MapGet("/api/sessions/{id}/heap/chunks", async context =>
        {
            var range = MemoryCalls.RangeOf(context, page: 1);
            if (SessionCalls.SessionOf(context, api).Live is not { } live)
            {
                var kept = ChunksOf(context, api); // the classes of its blocks were in memory that is gone
                await context.WriteFrame(await Task.Run(() => ChunksFrame.Of(kept, range, MostChunks, _ => null), context.RequestAborted));
                return;
            }
            var look = LookOf(live);
            using var target = live.Look();
            // Classes are told by the symbols of virtual tables, which are read of ELF objects only.
            Func<Address, string?> classOf = target is LinuxTarget linux ? new BlockClasses(linux, look.Mappings, look.Strings).Of : _ => null;
            await context.WriteFrame(await Task.Run(() => ChunksFrame.Of(look.Report.Chunks!, range, MostChunks, classOf), context.RequestAborted));
        });
    }

    static ChunkTable ChunksOf(HttpContext context, ApiContext api) =>
        SessionCalls.SessionOf(context, api) is { Live: { } live } ? LookOf(live).Report.Chunks!
        : KeptIn(SessionCalls.SessionOf(context, api), context).Report.Chunks
        ?? throw new VmAtlasException(Failure.NotFound, "the snapshot was saved without the chunks of its heaps");

    /// <param name="context">Has the number of the snapshot in its query.</param>
    static (DateTimeOffset TakenAt, HeapReport Report) KeptIn(Session session, HttpContext context)
    {
        var index = int.TryParse(context.Query("index"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : session.Timeline.Count - 1;
        var snapshot = session.Load(index);
        return snapshot.Heap is { } heap ? (snapshot.TakenAt, heap.Value)
            : throw new VmAtlasException(Failure.NotFound, "the snapshot was saved without the inside of its heaps: 'vmatlas snapshot --heaps' keeps it");
    }

    static HeapLook LookOf(LiveProcess live) => live.Heap
        ?? throw new VmAtlasException(Failure.Usage, "the heap has not been looked into yet");

    public static void Write(Stream body, DateTimeOffset takenAt, HeapReport report, IReadOnlyList<HeapGrowth.Suspicion>? growth)
    {
        using var json = new Utf8JsonWriter(body, JsonSnapshot.WriterOptions(indented: false));
        json.WriteStartObject();
        json.WriteString("time", takenAt.UtcDateTime);
        JsonHeap.WriteMembers(json, report);
        if (growth is not null)
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
