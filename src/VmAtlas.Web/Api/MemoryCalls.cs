using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using VmAtlas.Capture;
using VmAtlas.Model;

namespace VmAtlas.Web.Api;

/// <summary>What is in a live target's memory now: the state of its pages, and its strings. Neither makes a page resident.</summary>
static class MemoryCalls
{
    /// <summary>Pages told of in one answer: a terabyte of 4 KiB pages would be 256 MB.</summary>
    const int MostPages = 1 << 22;

    const int MostStrings = 100_000;
    const int Waiting = 1024;
    static readonly TimeSpan s_regexLimit = TimeSpan.FromMilliseconds(100);

    public static void Map(IEndpointRouteBuilder routes, ApiContext api)
    {
        routes.MapGet("/api/sessions/{id}/pages", context => Pages(context, api));
        routes.MapGet("/api/sessions/{id}/strings", context => Strings(context, api));
    }

    static async Task Pages(HttpContext context, ApiContext api)
    {
        using var target = SessionCalls.SessionOf(context, api).LiveOrThrow.Look();
        var source = target.Require<IPageSource>("looking at its pages");
        var range = RangeOf(context, source.PageSize.Bytes);
        var pages = range.Size.Bytes / source.PageSize.Bytes;
        if (pages > MostPages)
            throw new VmAtlasException(Failure.Usage, $"{pages:N0} pages are too many for one answer: ask for at most {MostPages:N0}");
        var states = new PageState[pages];
        if (!await Task.Run(() => source.TryReadPages(range, states), context.RequestAborted))
            throw new VmAtlasException(Failure.NotPermitted, "the state of single pages may not be read: "
                + (OperatingSystem.IsWindows() ? "the system refuses K32QueryWorkingSetEx (run vmatlas as administrator)" : "it needs CAP_SYS_PTRACE (run vmatlas with sudo)"));
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = states.Length;
        await context.Response.Body.WriteAsync(Array.ConvertAll(states, s => (byte)s), context.RequestAborted);
    }

    /// <summary>One json object a line, as they are found; the last line says how many bytes were read, and whether there was more.</summary>
    static async Task Strings(HttpContext context, ApiContext api)
    {
        using var target = SessionCalls.SessionOf(context, api).LiveOrThrow.Look();
        var range = RangeOf(context, 4096);
        var least = int.TryParse(context.Query("least"), out var n) ? Math.Clamp(n, 1, 1000) : 5;
        var grep = Pattern(context.Query("grep"));
        var found = Channel.CreateBounded<StringAnswer>(Waiting);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var scan = Task.Run(() => Scan(target, range, least, grep, found.Writer, stop.Token), stop.Token);
        context.Response.ContentType = "application/x-ndjson; charset=utf-8";
        var told = 0;
        try
        {
            await foreach (var text in found.Reader.ReadAllAsync(context.RequestAborted))
            {
                if (told == MostStrings)
                    break;
                told++;
                await WriteLine(context.Response, text, context.RequestAborted);
                if (found.Reader.Count == 0)
                    await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await ((Task)scan).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // it reads the target, which is closed next
        }
        var bytes = await scan;
        await WriteLine(context.Response, new StringAnswer(null, null, null, told, bytes, told == MostStrings), context.RequestAborted);
    }

    static async Task WriteLine(HttpResponse response, StringAnswer line, CancellationToken cancellation)
    {
        await JsonSerializer.SerializeAsync(response.Body, line, ApiJson.Default.StringAnswer, cancellation);
        await response.WriteAsync("\n", cancellation);
    }

    /// <returns>Bytes looked at.</returns>
    static ulong Scan(
        ICaptureTarget target, AddressRange range, int least, Regex? grep, ChannelWriter<StringAnswer> found, CancellationToken stop)
    {
        var scanner = new StringScanner(target.Require<IMemorySource>("reading its strings"), target as IPageSource, least, (address, encoding, text) =>
        {
            if (grep is not null && !grep.IsMatch(text))
                return;
            var answer = new StringAnswer(address.ToString(), encoding == StringEncoding.Ascii ? "ascii" : "utf16", text.ToString());
            while (!found.TryWrite(answer))
                found.WaitToWriteAsync(stop).AsTask().GetAwaiter().GetResult();
        });
        try
        {
            scanner.Scan(range, stop);
        }
        catch (OperationCanceledException)
        {
            // Nobody wants more: what was told stands.
        }
        finally
        {
            found.TryComplete();
        }
        return scanner.BytesRead;
    }

    /// <summary>A regular expression that can not run away: no backtracking, and a limit of time besides.</summary>
    static Regex? Pattern(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        try
        {
            return new Regex(text, RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, s_regexLimit);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new VmAtlasException(Failure.Usage, $"'{text}' is no regular expression: {e.Message}", e);
        }
    }

    /// <param name="page">Both have to be multiples of it.</param>
    public static AddressRange RangeOf(HttpContext context, ulong page)
    {
        if (!Address.TryParse(context.Query("start") ?? "", out var start) || !Address.TryParse(context.Query("end") ?? "", out var end)
            || end <= start || start.Value % page != 0 || end.Value % page != 0)
            throw new VmAtlasException(Failure.Usage, "start and end have to be addresses of whole pages, the first below the second");
        return new AddressRange(start, end);
    }
}
