using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace VmAtlas.Web.Api;

/// <summary>What the reader chose, kept from one start of the server to the next.</summary>
static class SettingsCalls
{
    static readonly JsonElement s_none = JsonDocument.Parse("{}").RootElement;

    public static void Map(IEndpointRouteBuilder routes, ApiContext api)
    {
        routes.MapGet("/api/settings", context => context.WriteJson(api.Settings.Read() ?? s_none, ApiJson.Default.JsonElement));
        routes.MapPost("/api/settings", async context =>
        {
            api.Settings.Write(await context.ReadJson(ApiJson.Default.JsonElement));
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        });
    }
}
