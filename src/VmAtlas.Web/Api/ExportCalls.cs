using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using VmAtlas.Model;
using VmAtlas.Web.Reports;
using VmAtlas.Web.Sessions;

namespace VmAtlas.Web.Api;

/// <summary>Saving: to a file on the server's machine, or as a download to the browser's (which over ssh is another).</summary>
static class ExportCalls
{
    /// <summary>The largest file that may be dropped on the page.</summary>
    const long MostUploaded = 1L << 30;

    public static void Map(IEndpointRouteBuilder routes, ApiContext api)
    {
        routes.MapPost("/api/sessions/{id}/save", async context =>
        {
            var session = SessionCalls.SessionOf(context, api);
            var request = await context.ReadJson(ApiJson.Default.SaveRequest);
            var path = Path.GetFullPath(request.Path);
            await Task.Run(() => Export.Save(session, request.Index, path), context.RequestAborted);
            await context.WriteJson(new SavedAnswer(path, new FileInfo(path).Length), ApiJson.Default.SavedAnswer);
        });
        routes.MapGet("/api/sessions/{id}/export", async context =>
        {
            var session = SessionCalls.SessionOf(context, api);
            var kind = context.Query("kind") ?? "";
            int? index = int.TryParse(context.Query("index"), CultureInfo.InvariantCulture, out var i) ? i : null;
            using var folder = new PrivateFolder();
            var path = folder.File($"export.{kind}");
            await Task.Run(() => Export.Save(session, index, path), context.RequestAborted);
            context.Response.ContentType = "application/octet-stream";
            context.Response.Headers.ContentDisposition = "attachment";
            await context.Response.SendFileAsync(path, context.RequestAborted);
        });
        routes.MapPost("/api/upload", context => Upload(context, api));
    }

    /// <summary>A file dropped on the page. Not json, but neither a content type that a form could send.</summary>
    static async Task Upload(HttpContext context, ApiContext api)
    {
        if (context.Request.ContentType != "application/octet-stream")
            throw new BadHttpRequestException("The body has to be application/octet-stream.", StatusCodes.Status415UnsupportedMediaType);
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = MostUploaded;
        var folder = new PrivateFolder();
        try
        {
            var path = folder.File("dropped");
            await using (var file = File.Create(path))
                await context.Request.Body.CopyToAsync(file, context.RequestAborted);
            var session = api.Sessions.OpenFile(path, context.Query("name") ?? "dropped file", folder);
            await context.WriteJson(SessionCalls.Describe(session), ApiJson.Default.SessionAnswer);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }
}
