using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using VmAtlas.Formats.Frame;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Web.Frames;
using VmAtlas.Web.Traces;

namespace VmAtlas.Web.Api;

/// <summary>What is in the trace of one program: the same of one that is going on and of one from a file.</summary>
static class TraceViewCalls
{
    /// <summary>Of more, the largest.</summary>
    public const int MostBlocks = 1 << 20, MostTreeRows = 1 << 19, MostSites = 1 << 16, MostMakers = 100;

    /// <summary>Of more, the first.</summary>
    public const int MostEvents = 1 << 20;

    const string Route = "/api/sessions/{id}/traces/{number}";

    public static void Map(IEndpointRouteBuilder routes, ApiContext api)
    {
        routes.MapGet(Route + "/allocations", context => Frame(context, api, (traces, number) =>
        {
            var (range, site) = (RangeOf(context), Number(context, "site"));
            return traces.Look(number, p => AllocationsFrame.Of(p, range, (uint?)site, MostBlocks));
        }));
        routes.MapGet(Route + "/calltree", context => Frame(context, api, (traces, number) =>
            CallTreeFrame.Of(traces.Tree(number, ShapeOf(context), context.Query("of") == "mappings"), MostTreeRows, traces.Look(number, p => p.Store.HasOnlyTotals))));
        routes.MapGet(Route + "/growth", context => Frame(context, api, (traces, number) =>
        {
            var (from, to) = (Time(context, "from") ?? 0, Time(context, "to"));
            return traces.Look(number, p => GrowthFrame.Of(p, from, to ?? p.Store.Totals.Time, MostSites));
        }));
        routes.MapGet(Route + "/sites/{site}/stack", async context =>
        {
            var (traces, number, site) = (TracesOf(context, api), context.RouteInt("number"), (uint)context.RouteInt("site"));
            await context.WriteJson(await Task.Run(() => traces.Look(number, p => Stack(p, site)), context.RequestAborted));
        });
        routes.MapGet(Route + "/makers", async context =>
        {
            var (traces, number, range) = (TracesOf(context, api), context.RouteInt("number"), RangeOf(context));
            var answer = await Task.Run(() => traces.Look(number, p => Makers(p, range)), context.RequestAborted);
            await context.WriteJson(answer, ApiJson.Default.MakerAnswerArray);
        });
        routes.MapGet(Route + "/source", async context =>
        {
            var (traces, number, file) = (TracesOf(context, api), context.RouteInt("number"), context.Query("file") ?? "");
            var line = (int)Math.Clamp(Number(context, "line") ?? 1, 1, int.MaxValue / 2);
            if (!await Task.Run(() => traces.Look(number, p => SourceText.IsNamed(p, file)), context.RequestAborted))
                throw new VmAtlasException(Failure.NotFound, "no stack of the trace names that file");
            var answer = await Task.Run(() => SourceText.Read(file, line), context.RequestAborted);
            await context.WriteJson(answer, ApiJson.Default.SourceAnswer);
        });
        routes.MapGet(Route + "/events", async context =>
        {
            var reading = new EventReading(TracesOf(context, api), context.RouteInt("number"), FilterOf(context), MostEvents, context.RequestAborted);
            // Nothing is known to be wrong any more once the first frame is on its way: what is asked for wrongly was said above.
            context.Response.ContentType = "application/octet-stream";
            context.Features.Get<IHttpBodyControlFeature>()!.AllowSynchronousIO = true;
            await Task.Run(() => reading.SendTo(context.Response.Body), context.RequestAborted);
        });
    }

    static TargetTraces TracesOf(HttpContext context, ApiContext api) => SessionCalls.SessionOf(context, api).Traces;

    static async Task Frame(HttpContext context, ApiContext api, Func<TargetTraces, int, ColumnFrame> make)
    {
        var (traces, number) = (TracesOf(context, api), context.RouteInt("number"));
        await context.WriteFrame(await Task.Run(() => make(traces, number), context.RequestAborted));
    }

    static Action<Stream> Stack(ProgramTrace program, uint site)
    {
        if (!program.Store.CallNodes.Contains(site))
            throw new VmAtlasException(Failure.NotFound, $"the trace has no call site {site}");
        var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteNumber("site", site);
            program.Stacks.WriteJson(json, site);
            json.WriteEndObject();
        }
        return to => to.Write(body.GetBuffer().AsSpan(0, (int)body.Length));
    }

    /// <summary>Who made the mappings of a range, as far as the program's own calls tell, in order of address.</summary>
    static MakerAnswer[] Makers(ProgramTrace program, AddressRange range) =>
    [
        .. program.Store.Mappings.Within(range).Take(MostMakers).Select(owner => new MakerAnswer(
            owner.Range.Start.ToString(), owner.Range.End.ToString(), TraceWords.Function(owner.Function), owner.Time / 1e9, program.Store.Threads[owner.Thread].Tid,
            program.Store.MappingSites.Site(owner.Site), program.Stacks.Leaf(program.Store.MappingSites.Site(owner.Site)))),
    ];

    static CallTreeShape ShapeOf(HttpContext context) => context.Query("shape") switch
    {
        null or "top-down" => CallTreeShape.TopDown,
        "bottom-up" => CallTreeShape.BottomUp,
        "module" => CallTreeShape.ByModule,
        "thread" => CallTreeShape.ByThread,
        var other => throw new VmAtlasException(Failure.Usage, $"a call tree is top-down, bottom-up, by module or by thread, not '{other}'"),
    };

    static EventFilter FilterOf(HttpContext context) => new()
    {
        Operations = (context.Query("operation") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(word => TraceWords.ParseOperation(word)
            ?? throw new VmAtlasException(Failure.Usage, $"there is no operation '{word}'")).ToHashSet(),
        At = context.Query("at") is { Length: > 0 } at ? AddressOf(at) : null,
        Tid = (int?)Number(context, "tid"),
        Site = (uint?)Number(context, "site"),
        From = Time(context, "from") ?? 0,
        To = Time(context, "to") ?? long.MaxValue,
    };

    /// <summary>Everything, unless start and end are given.</summary>
    static AddressRange RangeOf(HttpContext context) => context.Query("start") is null && context.Query("end") is null
        ? AllocationsFrame.Everywhere
        : MemoryCalls.RangeOf(context, page: 1);

    static Address AddressOf(string text) => Address.TryParse(text, out var address) ? address
        : throw new VmAtlasException(Failure.Usage, $"'{text}' is no address");

    /// <summary>A whole number from 0 on; null where none is given.</summary>
    static long? Number(HttpContext context, string name) => context.Query(name) is not { Length: > 0 } text ? null
        : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= int.MaxValue ? number
        : throw new VmAtlasException(Failure.Usage, $"{name} has to be a whole number, not '{text}'");

    /// <summary>Seconds since the trace began, as nanoseconds.</summary>
    static long? Time(HttpContext context, string name) => context.Query(name) is not { Length: > 0 } text ? null
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and < 1e9 ? (long)(seconds * 1e9)
        : throw new VmAtlasException(Failure.Usage, $"{name} has to be seconds, not '{text}'");
}
