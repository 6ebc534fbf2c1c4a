using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace VmAtlas.Web.Api;

static class HttpJson
{
    public static Task WriteJson<T>(this HttpContext context, T value, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        return JsonSerializer.SerializeAsync(context.Response.Body, value, type, context.RequestAborted);
    }

    /// <summary>The body of a change. A form can not send this content type, so another site's form can not cause one.</summary>
    public static async Task<T> ReadJson<T>(this HttpContext context, JsonTypeInfo<T> type)
    {
        if (!context.Request.HasJsonContentType())
            throw new BadHttpRequestException("The body has to be application/json.", StatusCodes.Status415UnsupportedMediaType);
        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted)
                ?? throw new BadHttpRequestException("The body is null.");
        }
        catch (JsonException e)
        {
            throw new BadHttpRequestException($"The body is not what this call takes: {e.Message}", e);
        }
    }

    /// <summary>A whole number of the path or the query.</summary>
    public static int RouteInt(this HttpContext context, string name) =>
        int.TryParse((string?)context.Request.RouteValues[name], out var value) && value >= 0
            ? value
            : throw new BadHttpRequestException($"{name} has to be a whole number.");

    public static string? Query(this HttpContext context, string name) =>
        context.Request.Query.TryGetValue(name, out var values) ? (string?)values : null;
}
