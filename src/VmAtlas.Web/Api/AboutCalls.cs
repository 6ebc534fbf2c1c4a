using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace VmAtlas.Web.Api;

/// <summary>What serves the page.</summary>
static class AboutCalls
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var about = new About(
            typeof(WebServer).Assembly.GetName().Version!.ToString(3), Environment.MachineName, RuntimeInformation.OSDescription, Environment.UserName);
        routes.MapGet("/api/about", context => context.WriteJson(about, ApiJson.Default.About));
    }
}
