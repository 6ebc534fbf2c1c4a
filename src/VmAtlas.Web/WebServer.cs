using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using VmAtlas.Model;
using VmAtlas.Web.Api;
using VmAtlas.Web.Security;

namespace VmAtlas.Web;

/// <summary>The local server behind the page: 127.0.0.1 only, every call authorised by a token.</summary>
/// <remarks>There is no mode for other machines: over ssh the port is forwarded.</remarks>
public sealed class WebServer : IAsyncDisposable
{
    const int MaxBody = 64 * 1024;

    readonly WebApplication _app;
    readonly ApiContext _api;

    WebServer(WebApplication app, ApiContext api, AccessToken token, IdleClock idle, TimeSpan idleLimit)
    {
        (_app, _api, Token) = (app, api, token);
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        PageUrl = $"{Address}#token={token.Text}";
        idle.FirstUse += () => FirstUse?.Invoke();
        Completion = RunUntilIdle(idle, idleLimit);
    }

    public AccessToken Token { get; }

    /// <summary>"http://127.0.0.1:43211/".</summary>
    public Uri Address { get; }

    /// <summary>The address to open, with the token in its fragment.</summary>
    public string PageUrl { get; }

    /// <summary>Ends when the server was stopped, or ended itself after nobody used it for long enough.</summary>
    public Task Completion { get; }

    /// <summary>The first authorised request has come: whatever carried the token to the browser can go.</summary>
    public event Action? FirstUse;

    /// <exception cref="VmAtlasException">The port is taken or not allowed.</exception>
    public static async Task<WebServer> StartAsync(WebServerOptions options, CancellationToken cancellation = default)
    {
        // Empty on purpose: the usual builders read appsettings.json of the current folder and ASPNETCORE_* of the
        // environment, and either could add an address to listen on.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, options.Port, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBody;
            kestrel.Limits.MaxConcurrentConnections = 256;
        });
        var app = builder.Build();
        var (token, idle, api) = (new AccessToken(), new IdleClock(options.Clock), new ApiContext(options));
        app.Use(next => new RequestGuard(token, idle, next).Invoke);
        app.Use(next => new FailureAnswers(options.Log, next).Invoke);
        app.UseRouting();
        ApiRoutes.Map(app, api);
        var page = new PageFiles();
        app.MapFallback("{**path}", page.Serve);
        try
        {
            await app.StartAsync(cancellation);
        }
        catch (IOException e)
        {
            await app.DisposeAsync();
            throw new VmAtlasException(Failure.General, $"port {options.Port} can not be used ({e.Message}): leave --port out, or choose another", e);
        }
        return new WebServer(app, api, token, idle, options.IdleLimit);
    }

    /// <summary>Opens a process before the page comes: it then shows it at once.</summary>
    public Task OpenProcess(int pid, CancellationToken cancellation) => _api.Sessions.OpenProcess(pid, _api.Clock, _api.Events, cancellation);

    /// <summary>The same with a saved file.</summary>
    public Task OpenFile(string path) => Task.Run(() => _api.Sessions.OpenFile(path));

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        _api.Dispose();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await Completion;
        await _app.DisposeAsync();
    }

    async Task RunUntilIdle(IdleClock idle, TimeSpan limit)
    {
        var stopping = _app.Lifetime.ApplicationStopping;
        try
        {
            await idle.WhenIdleFor(limit, stopping);
            await _app.StopAsync(CancellationToken.None);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Stopped by someone else.
        }
    }
}
