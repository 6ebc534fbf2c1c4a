using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using VmAtlas.Formats.Frame;
using VmAtlas.Model;
using VmAtlas.Web.Frames;

namespace VmAtlas.Web.Api;

/// <summary>What is in one snapshot: the table of types and facts as json, the rows as a binary frame.</summary>
static class SnapshotCalls
{
    const string Route = "/api/sessions/{id}/snapshots/{index}";

    public static void Map(IEndpointRouteBuilder routes, ApiContext api)
    {
        routes.MapGet(Route + "/frame", context => context.WriteFrame(ColumnFrame.Of(SnapshotOf(context, api), gaps: true)));
        routes.MapGet(Route + "/summary", context => SummaryJson.Write(SnapshotOf(context, api), context.Response));
        routes.MapGet(Route + "/matches", context =>
        {
            var filter = FilterExpression.Parse(context.Query("filter") ?? "");
            return context.WriteBytes(MatchBits.Of(SnapshotOf(context, api), filter));
        });
        routes.MapGet("/api/sessions/{id}/series", context =>
        {
            var session = SessionCalls.SessionOf(context, api);
            session.Series.CatchUp(session.Timeline, context.RequestAborted);
            return context.WriteFrame(session.Series.Frame());
        });
    }

    public static Snapshot SnapshotOf(HttpContext context, ApiContext api) =>
        SessionCalls.SessionOf(context, api).Load(context.RouteInt("index"));

    static async Task WriteFrame(this HttpContext context, ColumnFrame frame)
    {
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = frame.Length;
        await frame.WriteToAsync(context.Response.Body, context.RequestAborted);
    }

    static async Task WriteBytes(this HttpContext context, byte[] bytes)
    {
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }
}
