using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using VmAtlas.Capture;

namespace VmAtlas.Web.Api;

/// <summary>What can be chosen: the running processes.</summary>
static class ProcessCalls
{
    public static void Map(IEndpointRouteBuilder routes, ApiContext api) => routes.MapGet("/api/processes", async context =>
    {
        var rows = await Task.Run(() => api.Platform.Processes(cancellation: context.RequestAborted), context.RequestAborted);
        await context.WriteJson(rows.Select(Describe).ToArray(), ApiJson.Default.ProcessAnswerArray);
    });

    static ProcessAnswer Describe(ProcessRow row) => new(row.Pid, row.Name, row.User, row.Command)
    {
        Private = row.Private?.Bytes,
        TotalWs = row.TotalWs?.Bytes,
        Pss = row.Pss?.Bytes,
        Swap = row.Swap?.Bytes,
        Threads = row.Threads,
        Architecture = row.Architecture,
        Container = row.Container,
        WhyNot = row.WhyNot,
    };
}
