using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Tracing;
using VmAtlas.Web.Sessions;
using VmAtlas.Web.Traces;

namespace VmAtlas.Web.Api;

/// <summary>Traces: begun, ended, and what each came to.</summary>
static class TraceCalls
{
    const ulong LeastInterval = 1024, MostInterval = 1UL << 40;

    public static void Map(IEndpointRouteBuilder routes, ApiContext api)
    {
        routes.MapPost("/api/sessions/{id}/trace", async context =>
        {
            var session = SessionCalls.SessionOf(context, api);
            var request = await context.ReadJson(ApiJson.Default.TraceRequest);
            var options = OptionsOf(request);
            var (live, traces) = (session.LiveOrThrow, (LiveTraces)session.Traces);
            await Task.Run(() =>
            {
                if (request.Managed ?? false)
                    traces.AttachManaged(live.Pid);
                else
                    traces.Attach(live.Pid, options);
            }, context.RequestAborted);
            if (live.Interval is null)
                live.SetInterval(SessionStore.TracedInterval);
            await Tell(context, api, session);
        });
        routes.MapPost("/api/sessions/{id}/trace/stop", async context =>
        {
            await context.ReadJson(ApiJson.Default.NothingRequest);
            var session = SessionCalls.SessionOf(context, api);
            _ = session.LiveOrThrow;
            await Task.Run(((LiveTraces)session.Traces).Stop, context.RequestAborted);
            await Tell(context, api, session);
        });
        routes.MapGet("/api/sessions/{id}/traces", async context =>
        {
            var session = SessionCalls.SessionOf(context, api);
            await context.WriteJson(await Task.Run(() => Describe(session.Traces), context.RequestAborted), ApiJson.Default.TraceAnswerArray);
        });
    }

    /// <param name="launch">What else is wanted of a program that is started.</param>
    /// <exception cref="VmAtlasException">An interval that is out of all reason.</exception>
    public static TraceOptions OptionsOf(TraceRequest request, LaunchRequest? launch = null)
    {
        var interval = request.SampleInterval ?? 0;
        if (interval is not 0 and (< LeastInterval or > MostInterval))
            throw new VmAtlasException(Failure.Usage, "between two samples are 1 KiB to 1 TiB, or 0 to record every operation");
        return new TraceOptions
        {
            SampleInterval = interval,
            FollowChildren = request.Children ?? false,
            Folder = string.IsNullOrWhiteSpace(launch?.Folder) ? null : launch.Folder,
            Variables = launch?.Environment,
            NoInput = true,
        };
    }

    public static TraceAnswer[] Describe(TargetTraces traces)
    {
        var all = new List<TraceAnswer>();
        traces.LookAtAll(program => all.Add(Describe(program.Number, program.Store)));
        return [.. all];
    }

    static TraceAnswer Describe(int number, TraceStore store)
    {
        var (process, totals) = (store.Process, store.Totals);
        return new TraceAnswer(number, process.Pid, process.ParentPid, process.Command, process.Began, process.Attached, process.SampleInterval,
            store.Ending?.ToString().ToLowerInvariant(), store.EndingValue, totals.Time / 1e9)
        {
            Operations = totals.Operations,
            LiveBytes = totals.Heap.LiveBytes,
            LiveCount = totals.Heap.LiveCount,
            TotalBytes = totals.Heap.TotalBytes,
            TotalCount = totals.Heap.TotalCount,
            TemporaryCount = totals.Heap.TemporaryCount,
            PeakBytes = totals.PeakBytes,
            PeakSeconds = totals.PeakTime / 1e9,
            MappedBytes = totals.Mappings.LiveBytes,
            UnknownFrees = totals.UnknownFrees,
            Dropped = totals.Dropped,
            Sites = store.Sites.Count,
            Ended = TraceWords.Ending(store.Ending, store.EndingValue) is { Length: > 0 } ended ? ended : null,
            OnlyTotals = store.HasOnlyTotals,
        };
    }

    /// <summary>Other pages that show the target learn of it, too.</summary>
    static Task Tell(HttpContext context, ApiContext api, Session session)
    {
        api.Events.Tell(new SessionEvent(session.Id, "trace"));
        return context.WriteJson(SessionCalls.Describe(session), ApiJson.Default.SessionAnswer);
    }
}
