using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace VmAtlas.Web.Api;

/// <summary>What happens, as it happens: an answer that does not end, one json object a line.</summary>
/// <remarks>Not server-sent events and not a WebSocket: neither lets a browser send the Authorization header, and a WebSocket
/// is not bound by the same-origin rule. The open answer also tells the server that somebody is there.</remarks>
static class EventCalls
{
    public static void Map(IEndpointRouteBuilder routes, ApiContext api) => routes.MapGet("/api/events", async context =>
    {
        context.Response.ContentType = "application/x-ndjson; charset=utf-8";
        using var subscription = api.Events.Subscribe();
        await context.Response.StartAsync(context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await foreach (var happened in subscription.Read(context.RequestAborted))
        {
            await JsonSerializer.SerializeAsync(context.Response.Body, happened, ApiJson.Default.SessionEvent, context.RequestAborted);
            await context.Response.WriteAsync("\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    });
}
