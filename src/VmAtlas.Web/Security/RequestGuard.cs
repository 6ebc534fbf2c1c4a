using Microsoft.AspNetCore.Http;

namespace VmAtlas.Web.Security;

/// <summary>Decides of every request, before anything else sees it, whether it may go on.</summary>
/// <remarks>
/// Against whom: another site open in the same browser (forged requests, a name that is made to resolve to 127.0.0.1), other users of
/// the machine (loopback is everybody's, and that of containers in the host's network), and other programs of the same browser.
/// </remarks>
sealed class RequestGuard(AccessToken token, IdleClock idle, RequestDelegate next)
{
    public async Task Invoke(HttpContext context)
    {
        var isApi = context.Request.Path.StartsWithSegments("/api");
        SecurityHeaders.Add(context.Response.Headers, isApi);
        if (!IsLoopbackName(context.Request.Host))
        {
            await Refuse(context, StatusCodes.Status400BadRequest, "This server answers only to 127.0.0.1 and localhost.");
            return;
        }
        if (!isApi)
        {
            await next(context);
            return;
        }
        if (!IsOurPage(context.Request))
        {
            await Refuse(context, StatusCodes.Status403Forbidden, "Requests from other sites are refused.");
            return;
        }
        if (!token.IsIn(context.Request.Headers.Authorization))
        {
            await Refuse(context, StatusCodes.Status401Unauthorized, "The token is missing or wrong: open the page by the address that vmatlas printed.");
            return;
        }
        using (idle.Enter())
            await next(context);
    }

    /// <summary>A name that resolves to 127.0.0.1 is still another site's name (DNS rebinding), so only the three spellings of
    /// loopback are good. Any port is: over ssh the browser's port is not ours.</summary>
    static bool IsLoopbackName(HostString host) => host.Host is "127.0.0.1" or "localhost" or "[::1]";

    /// <summary>Origin, if given, is the address the request was sent to; Sec-Fetch-Site, if given, says the browser saw no other
    /// site in between. "same-site" is not enough: another port of localhost is another program.</summary>
    static bool IsOurPage(HttpRequest request)
    {
        var origin = request.Headers.Origin;
        var site = request.Headers["Sec-Fetch-Site"];
        return (origin.Count == 0 || (origin.Count == 1 && origin[0] == $"http://{request.Host}"))
            && (site.Count == 0 || (site.Count == 1 && site[0] is "same-origin" or "none"));
    }

    static Task Refuse(HttpContext context, int status, string sentence)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(sentence + "\n");
    }
}
