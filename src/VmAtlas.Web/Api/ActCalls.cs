using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using VmAtlas.Capture;

namespace VmAtlas.Web.Api;

/// <summary>What disturbs the target, done only when asked for by name; each then takes a snapshot, to show what came of it.</summary>
static class ActCalls
{
    public static void Map(IEndpointRouteBuilder routes, ApiContext api)
    {
        routes.MapPost("/api/sessions/{id}/trim", async context =>
        {
            await context.ReadJson(ApiJson.Default.NothingRequest);
            var live = SessionCalls.SessionOf(context, api).LiveOrThrow;
            using var target = live.Look();
            var result = await Task.Run(target.Require<ITrimmable>("trimming").Trim, context.RequestAborted);
            await live.Refresh(context.RequestAborted);
            await context.WriteJson(new TrimAnswer(result.Before.Bytes, result.After.Bytes, result.Refused, result.LeftOut), ApiJson.Default.TrimAnswer);
        });
        routes.MapPost("/api/sessions/{id}/mark", async context =>
        {
            await context.ReadJson(ApiJson.Default.NothingRequest);
            var live = SessionCalls.SessionOf(context, api).LiveOrThrow;
            using var target = live.Look();
            target.Require<IMarkable>("marking").Mark();
            await live.Refresh(context.RequestAborted);
            await context.WriteJson(SessionCalls.Describe(SessionCalls.SessionOf(context, api)), ApiJson.Default.SessionAnswer);
        });
    }
}
