using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using VmAtlas.Model;
using VmAtlas.Web.Sessions;
using VmAtlas.Web.Traces;

namespace VmAtlas.Web.Api;

/// <summary>Opening, refreshing and closing targets.</summary>
static class SessionCalls
{
    static readonly TimeSpan s_shortest = TimeSpan.FromSeconds(0.1), s_longest = TimeSpan.FromHours(1);

    public static void Map(IEndpointRouteBuilder routes, ApiContext api)
    {
        routes.MapGet("/api/sessions", context =>
            context.WriteJson(api.Sessions.All.Select(Describe).ToArray(), ApiJson.Default.IReadOnlyListSessionAnswer));
        routes.MapGet("/api/sessions/{id}", context =>
            context.WriteJson(Describe(SessionOf(context, api)), ApiJson.Default.SessionAnswer));
        routes.MapPost("/api/open", context => Open(context, api));
        routes.MapPost("/api/launch", async context =>
        {
            var request = await context.ReadJson(ApiJson.Default.LaunchRequest);
            var session = request.Trace is { } trace
                ? await api.Sessions.Launch([request.Program, .. request.Arguments ?? []], TraceCalls.OptionsOf(trace, request), trace.Managed ?? false, api.Clock, api.Events, context.RequestAborted)
                : await api.Sessions.OpenProcess(Launcher.Start(request), api.Clock, api.Events, context.RequestAborted);
            await context.WriteJson(Describe(session), ApiJson.Default.SessionAnswer);
        });
        routes.MapPost("/api/sessions/{id}/refresh", async context =>
        {
            await context.ReadJson(ApiJson.Default.NothingRequest);
            var session = SessionOf(context, api);
            await session.LiveOrThrow.Refresh(context.RequestAborted);
            await context.WriteJson(Describe(session), ApiJson.Default.SessionAnswer);
        });
        routes.MapPost("/api/sessions/{id}/interval", async context =>
        {
            var session = SessionOf(context, api);
            var seconds = (await context.ReadJson(ApiJson.Default.IntervalRequest)).Seconds ?? 0;
            TimeSpan? interval = seconds > 0 ? TimeSpan.FromSeconds(Math.Min(seconds, s_longest.TotalSeconds)) : null;
            session.LiveOrThrow.SetInterval(interval < s_shortest ? s_shortest : interval);
            await context.WriteJson(Describe(session), ApiJson.Default.SessionAnswer);
        });
        routes.MapPost("/api/sessions/{id}/close", async context =>
        {
            await context.ReadJson(ApiJson.Default.NothingRequest);
            api.Sessions.Close(SessionOf(context, api));
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        });
    }

    public static Session SessionOf(HttpContext context, ApiContext api) => api.Sessions[context.RouteInt("id")];

    static async Task Open(HttpContext context, ApiContext api)
    {
        var request = await context.ReadJson(ApiJson.Default.OpenRequest);
        var session = request switch
        {
            { Pid: { } pid, Path: null } => await api.Sessions.OpenProcess(pid, api.Clock, api.Events, context.RequestAborted),
            { Pid: null, Path: { Length: > 0 } path } => api.Sessions.OpenFile(path),
            _ => throw new VmAtlasException(Failure.Usage, "give a pid or a path"),
        };
        await context.WriteJson(Describe(session), ApiJson.Default.SessionAnswer);
    }

    public static SessionAnswer Describe(Session session)
    {
        var timeline = session.Timeline;
        var newest = timeline.Load(timeline.Count - 1);
        var times = new DateTimeOffset[timeline.Count];
        for (var i = 0; i < times.Length; i++)
            times[i] = timeline.TakenAt(i);
        return new SessionAnswer(
            session.Id, session.Title, session.Live is not null, session.Live?.Ended, session.Live?.Interval?.TotalSeconds, newest.Process, newest.System, times,
            session.Path)
        {
            Heap = session.Live is null && newest.Heap is not null,
            Traces = session.Traces.Count,
            Tracing = session.Traces.IsRunning,
            TraceProblem = (session.Traces as LiveTraces)?.Problem,
            Stopped = (session.Traces as LiveTraces)?.Stopped?.TotalMilliseconds,
        };
    }
}
