using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using VmAtlas.Formats.Export;
using VmAtlas.Model;
using VmAtlas.Model.Managed;

namespace VmAtlas.Web.Api;

/// <summary>The memory of a .NET process: by generation and heap from any snapshot, its objects by type from a live one, or where they were kept.</summary>
static class ManagedCalls
{
    public static void Map(IEndpointRouteBuilder routes, ApiContext api)
    {
        routes.MapGet("/api/sessions/{id}/snapshots/{index}/managed", context =>
        {
            var snapshot = SnapshotCalls.SnapshotOf(context, api);
            var use = ManagedUse.Of(snapshot) ?? throw new VmAtlasException(Failure.NotFound, "there is no memory of a .NET runtime in this snapshot");
            return context.WriteJson(new ManagedView(snapshot, use) { Objects = snapshot.Objects });
        });
        routes.MapPost("/api/sessions/{id}/objects", async context =>
        {
            await context.ReadJson(ApiJson.Default.NothingRequest);
            await SessionCalls.SessionOf(context, api).LiveOrThrow.CountObjects(context.RequestAborted);
            await WriteCounts(context, api);
        });
        routes.MapGet("/api/sessions/{id}/objects", context => WriteCounts(context, api));
        routes.MapGet("/api/sessions/{id}/objects/{index}", context =>
        {
            int? since = int.TryParse(context.Query("since"), CultureInfo.InvariantCulture, out var i) ? i : null;
            return context.WriteJson(SessionCalls.SessionOf(context, api).LiveOrThrow.Objects.Get(context.RouteInt("index"), since));
        });
    }

    static Task WriteCounts(HttpContext context, ApiContext api)
    {
        var counts = SessionCalls.SessionOf(context, api).LiveOrThrow.Objects.All;
        return context.WriteJson(counts.Select(c => new ObjectCountAnswer(c.Number, c.TakenAt)).ToArray(), ApiJson.Default.ObjectCountAnswerArray);
    }

    static Task WriteJson(this HttpContext context, ManagedView view) => context.WriteJson(body =>
    {
        using var json = new Utf8JsonWriter(body, JsonSnapshot.WriterOptions(indented: false));
        JsonManaged.Write(json, view);
    });
}
