using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace VmAtlas.Web.Tests;

/// <summary>A server of its own for one test class, and a client that sends exactly what it is told to.</summary>
public sealed class RunningServer : IAsyncLifetime
{
    public WebServer Server { get; private set; } = null!;

    public WebServerOptions Options { get; init; } = new();

    public HttpClient Client { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await WebServer.StartAsync(Options with { Log = line => TestContext.Current.TestOutputHelper?.WriteLine(line) });
        Client = new HttpClient { BaseAddress = Server.Address };
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
    }

    /// <summary>A request with the token, as the page sends it.</summary>
    public HttpRequestMessage Authorised(HttpMethod method, string path, string? json = null)
    {
        var request = new HttpRequestMessage(method, path) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", Server.Token.Text) } };
        if (json is not null)
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        return request;
    }

    public Task<HttpResponseMessage> Send(HttpMethod method, string path, string? json = null) =>
        Client.SendAsync(Authorised(method, path, json), TestContext.Current.CancellationToken);

    /// <summary>Sends these very bytes and returns the status of the answer.</summary>
    public async Task<int> SendRaw(string text)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", Server.Address.Port);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text));
        using var reader = new StreamReader(stream);
        var status = await reader.ReadLineAsync(TestContext.Current.CancellationToken);
        return int.Parse(status!.Split(' ')[1]);
    }
}
