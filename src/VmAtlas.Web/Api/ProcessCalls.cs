using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using VmAtlas.Web.Sessions;

namespace VmAtlas.Web.Api;

/// <summary>What can be chosen: the running processes.</summary>
static class ProcessCalls
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/processes", async context =>
    {
        var processes = await Task.Run(RunningProcesses.Read, context.RequestAborted);
        await context.WriteJson(processes, ApiJson.Default.ProcessAnswerArray);
    });
}
