using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using VmAtlas.Formats.Export;
using VmAtlas.Formats.Frame;
using VmAtlas.Model;
using VmAtlas.Web.Frames;
using VmAtlas.Web.Traces;

namespace VmAtlas.Web.Api;

/// <summary>What is in one snapshot, or changed between two: the table of types and facts as json, the rows as a binary frame.</summary>
static class SnapshotCalls
{
    const string Route = "/api/sessions/{id}/snapshots/{index}", Changes = Route + "/changes/{since}";

    public static void Map(IEndpointRouteBuilder routes, ApiContext api)
    {
        routes.MapGet(Route + "/frame", context => context.WriteFrame(ColumnFrame.Of(SnapshotOf(context, api), gaps: true)));
        routes.MapGet(Route + "/summary", context => context.WriteJson(body => JsonSnapshot.Write(SnapshotOf(context, api), body, new JsonOptions(Regions: false))));
        routes.MapGet(Route + "/matches", context => context.WriteBytes(MatchBits.Of(SnapshotOf(context, api), FilterOf(context))));
        routes.MapGet(Route + "/facts", context => context.WriteFrame(FactsFrame.Of(SnapshotOf(context, api))));
        routes.MapGet(Changes + "/frame", context => context.WriteFrame(ChangesOf(context, api).Frame()));
        routes.MapGet(Changes + "/summary", context => context.WriteJson(body => ChangesJson.Write(ChangesOf(context, api).Diff, body)));
        routes.MapGet(Changes + "/matches", context => context.WriteBytes(ChangesOf(context, api).Matches(FilterOf(context))));
        routes.MapGet("/api/sessions/{id}/series", context =>
        {
            var session = SessionCalls.SessionOf(context, api);
            session.Series.CatchUp(session.Timeline, context.RequestAborted);
            var pid = session.Timeline.Load(session.Timeline.Count - 1).Process.Pid;
            return context.WriteFrame(session.Series.Frame(session.Traces.Count == 0 ? null : times => TracedBytes.At(session.Traces, pid, times)));
        });
    }

    public static Snapshot SnapshotOf(HttpContext context, ApiContext api) =>
        SessionCalls.SessionOf(context, api).Load(context.RouteInt("index"));

    static ChangesFrame ChangesOf(HttpContext context, ApiContext api) =>
        SessionCalls.SessionOf(context, api).Changes(context.RouteInt("since"), context.RouteInt("index"));

    static FilterExpression FilterOf(HttpContext context) => FilterExpression.Parse(context.Query("filter") ?? "");
}
