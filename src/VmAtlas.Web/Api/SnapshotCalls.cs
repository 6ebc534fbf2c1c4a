using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using VmAtlas.Model;
using VmAtlas.Web.Frames;

namespace VmAtlas.Web.Api;

/// <summary>What is in one snapshot: the table of types and facts as json, the rows as a binary frame.</summary>
static class SnapshotCalls
{
    const string Route = "/api/sessions/{id}/snapshots/{index}";

    public static void Map(IEndpointRouteBuilder routes, ApiContext api)
    {
        routes.MapGet(Route + "/frame", async context =>
        {
            context.Response.ContentType = "application/octet-stream";
            await SnapshotFrame.Write(SnapshotOf(context, api), context.Response.Body);
        });
        routes.MapGet(Route + "/summary", context => SummaryJson.Write(SnapshotOf(context, api), context.Response));
    }

    public static Snapshot SnapshotOf(HttpContext context, ApiContext api) =>
        SessionCalls.SessionOf(context, api).Load(context.RouteInt("index"));
}
