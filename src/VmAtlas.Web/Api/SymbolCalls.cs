using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using VmAtlas.Model;
using VmAtlas.Symbols;
using VmAtlas.Web.Sessions;

namespace VmAtlas.Web.Api;

/// <summary>The folders with debug information. Those of the user's list can be changed; the command line has the same list.</summary>
static class SymbolCalls
{
    public static void Map(IEndpointRouteBuilder routes, ApiContext api)
    {
        routes.MapGet("/api/symbols", context => context.WriteJson(Answer(api.Symbols), ApiJson.Default.SymbolsAnswer));
        routes.MapPost("/api/symbols", async context =>
        {
            var request = await context.ReadJson(ApiJson.Default.SymbolsRequest);
            var file = api.Symbols.File ?? throw new VmAtlasException(Failure.General, "there is no folder for settings here: name folders with --symbols or in VMATLAS_SYMBOLS");
            file.Write([.. (request.Folders ?? []).Select(f => f.Trim()).Where(f => f.Length > 0)]);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        });
    }

    static SymbolsAnswer Answer(SymbolSetting setting) =>
        new(setting.File?.Read() ?? [], [.. setting.Named, SymbolPath.SystemFolder], setting.File?.Path);
}
