using Microsoft.AspNetCore.Http;
using VmAtlas.Formats.Frame;

namespace VmAtlas.Web.Api;

/// <summary>Answers that are not source-generated json.</summary>
static class HttpBodies
{
    public static async Task WriteFrame(this HttpContext context, ColumnFrame frame)
    {
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = frame.Length;
        await frame.WriteToAsync(context.Response.Body, context.RequestAborted);
    }

    public static async Task WriteBytes(this HttpContext context, byte[] bytes)
    {
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    /// <summary>Json of a writer that is not asynchronous, made in memory first: it is small, and a failure is still an answer.</summary>
    public static async Task WriteJson(this HttpContext context, Action<Stream> write)
    {
        using var body = new MemoryStream();
        write(body);
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = body.Length;
        body.Position = 0;
        await body.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
