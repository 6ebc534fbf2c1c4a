using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace VmAtlas.Web.Api;

/// <summary>Every call there is. GET looks, POST changes.</summary>
static class ApiRoutes
{
    public static void Map(IEndpointRouteBuilder routes, ApiContext api)
    {
        StartCalls.Map(routes, api);
        AboutCalls.Map(routes);
        ProcessCalls.Map(routes, api);
        ExportCalls.Map(routes, api);
        SessionCalls.Map(routes, api);
        ActCalls.Map(routes, api);
        SnapshotCalls.Map(routes, api);
        MemoryCalls.Map(routes, api);
        HeapCalls.Map(routes, api);
        ManagedCalls.Map(routes, api);
        TraceCalls.Map(routes, api);
        TraceViewCalls.Map(routes, api);
        WordCalls.Map(routes);
        SettingsCalls.Map(routes, api);
        SymbolCalls.Map(routes, api);
        EventCalls.Map(routes, api);
        routes.Map("/api/{**path}", context =>
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
    }
}
