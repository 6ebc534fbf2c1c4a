using System.Net;
using VmAtlas.Model;

namespace VmAtlas.Web.Tests;

public sealed class LifetimeTests
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_left_alone_ends()
    {
        var clock = new ManualClock();
        await using var server = await WebServer.StartAsync(new WebServerOptions { Clock = clock, IdleLimit = TimeSpan.FromMinutes(10) }, Cancellation);
        clock.Advance(TimeSpan.FromMinutes(9));
        server.Completion.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromMinutes(2));
        await server.Completion.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
    }

    [Fact]
    public async Task An_open_page_keeps_the_server()
    {
        var clock = new ManualClock();
        await using var server = await WebServer.StartAsync(new WebServerOptions { Clock = clock, IdleLimit = TimeSpan.FromMinutes(10) }, Cancellation);
        using var client = new HttpClient { BaseAddress = server.Address, DefaultRequestHeaders = { Authorization = new("Bearer", server.Token.Text) } };
        var events = await client.GetStreamAsync("/api/events", Cancellation);
        clock.Advance(TimeSpan.FromHours(5));
        server.Completion.IsCompleted.ShouldBeFalse();
        (await client.GetAsync("/api/about", Cancellation)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await events.DisposeAsync();
    }

    [Fact]
    public async Task Requests_without_the_token_do_not_keep_it()
    {
        var clock = new ManualClock();
        await using var server = await WebServer.StartAsync(new WebServerOptions { Clock = clock, IdleLimit = TimeSpan.FromMinutes(10) }, Cancellation);
        using var client = new HttpClient { BaseAddress = server.Address };
        clock.Advance(TimeSpan.FromMinutes(9));
        await client.GetAsync("/api/about", Cancellation);
        clock.Advance(TimeSpan.FromMinutes(2));
        await server.Completion.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
    }

    [Fact]
    public async Task The_first_authorised_call_is_told_once()
    {
        await using var server = await WebServer.StartAsync(new WebServerOptions(), Cancellation);
        var times = 0;
        server.FirstUse += () => times++;
        using var client = new HttpClient { BaseAddress = server.Address };
        await client.GetAsync("/", Cancellation);
        await client.GetAsync("/api/about", Cancellation);
        times.ShouldBe(0);
        client.DefaultRequestHeaders.Authorization = new("Bearer", server.Token.Text);
        await client.GetAsync("/api/about", Cancellation);
        await client.GetAsync("/api/about", Cancellation);
        times.ShouldBe(1);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said()
    {
        await using var first = await WebServer.StartAsync(new WebServerOptions(), Cancellation);
        var again = new WebServerOptions { Port = first.Address.Port };
        var failure = await Should.ThrowAsync<VmAtlasException>(() => WebServer.StartAsync(again, Cancellation));
        failure.Message.ShouldContain($"port {first.Address.Port}");
    }

    [Fact]
    public async Task It_ends_at_once_while_a_page_is_open()
    {
        var server = await WebServer.StartAsync(new WebServerOptions(), Cancellation);
        using var client = new HttpClient { BaseAddress = server.Address, DefaultRequestHeaders = { Authorization = new("Bearer", server.Token.Text) } };
        await using var events = await client.GetStreamAsync("/api/events", Cancellation);
        await server.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(5), Cancellation);
    }
}
