using System.Net;
using System.Net.NetworkInformation;
using VmAtlas.Web.Security;

namespace VmAtlas.Web.Tests;

/// <summary>Requests that other sites, other users and other programs could send.</summary>
public sealed class SecurityTests(RunningServer running) : IClassFixture<RunningServer>
{
    const HttpStatusCode Ok = HttpStatusCode.OK;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/")]
    [InlineData("/index.html")]
    public async Task The_page_itself_needs_no_token(string path) =>
        (await running.Client.GetAsync(path, Cancellation)).StatusCode.ShouldBe(Ok);

    [Theory]
    [InlineData("/api/about")]
    [InlineData("/api/sessions")]
    [InlineData("/api/start")]
    [InlineData("/api/no-such-call")]
    [InlineData("/API/about")]
    [InlineData("/api")]
    public async Task A_call_without_the_token_is_refused(string path) =>
        (await running.Client.GetAsync(path, Cancellation)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

    [Theory]
    [InlineData("Bearer wrong")]
    [InlineData("Bearer ")]
    [InlineData("Basic {0}")]
    [InlineData("{0}")]
    [InlineData("Bearer {0}x")]
    [InlineData("Bearer {0} ")]
    public async Task A_wrong_token_is_refused(string authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/about");
        // A blank at the end of a header is not part of its value, so the last one is the true token.
        request.Headers.TryAddWithoutValidation("Authorization", string.Format(authorization, running.Server.Token.Text));
        var expected = authorization == "Bearer {0} " ? Ok : HttpStatusCode.Unauthorized;
        (await running.Client.SendAsync(request, Cancellation)).StatusCode.ShouldBe(expected);
    }

    [Fact]
    public async Task A_token_in_the_query_is_worth_nothing()
    {
        var answer = await running.Client.GetAsync($"/api/about?token={running.Server.Token.Text}", Cancellation);
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task The_token_opens_the_calls() =>
        (await running.Send(HttpMethod.Get, "/api/about")).StatusCode.ShouldBe(Ok);

    [Theory]
    [InlineData("evil.example", 400)]
    [InlineData("127.0.0.2", 400)]
    [InlineData("127.0.0.1.evil.example", 400)]
    [InlineData("0.0.0.0", 400)]
    [InlineData("127.1", 400)]
    [InlineData("localhost.", 400)]
    [InlineData("", 400)]
    [InlineData("localhost", 200)]
    [InlineData("localhost:8080", 200)]
    [InlineData("127.0.0.1", 200)]
    [InlineData("[::1]:8080", 200)]
    public async Task Only_the_names_of_loopback_are_answered(string host, int status)
    {
        (await running.SendRaw($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).ShouldBe(status);
        (await running.SendRaw($"GET /api/about HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {running.Server.Token.Text}\r\n\r\n")).ShouldBe(status);
    }

    [Theory]
    [InlineData("GET / HTTP/1.0\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    public async Task A_request_without_one_clear_host_is_refused(string request) =>
        (await running.SendRaw(request)).ShouldBe(400);

    [Theory]
    [InlineData("Origin", "http://evil.example", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Origin", "http://localhost:1", 403)]
    [InlineData("Origin", "https://localhost", 403)]
    [InlineData("Origin", "http://localhost", 200)]
    [InlineData("Sec-Fetch-Site", "cross-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-site", 403)]
    [InlineData("Sec-Fetch-Site", "anything", 403)]
    [InlineData("Sec-Fetch-Site", "same-origin", 200)]
    [InlineData("Sec-Fetch-Site", "none", 200)]
    public async Task Another_site_is_refused_even_with_the_token(string header, string value, int status) =>
        (await running.SendRaw(
            $"GET /api/about HTTP/1.1\r\nHost: localhost\r\n{header}: {value}\r\nAuthorization: Bearer {running.Server.Token.Text}\r\n\r\n"))
        .ShouldBe(status);

    [Theory]
    [InlineData("/../WebServer.cs")]
    [InlineData("/%2e%2e/WebServer.cs")]
    [InlineData("/..%2fWebServer.cs")]
    [InlineData("/page/index.html")]
    [InlineData("/index.html.br")]
    [InlineData("//index.html")]
    [InlineData("/etc/passwd")]
    public async Task Nothing_but_the_page_can_be_read(string path) =>
        (await running.SendRaw($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).ShouldBe(404);

    [Theory]
    [InlineData("/", "no-cache")]
    [InlineData("/no-such-file", "no-cache")]
    [InlineData("/api/about", "no-store")]
    public async Task Every_answer_carries_the_headers(string path, string caching)
    {
        var answer = await running.Send(HttpMethod.Get, path);
        string Header(string name) => answer.Headers.TryGetValues(name, out var values) ? string.Join("|", values) : "";
        Header("Content-Security-Policy").ShouldBe(SecurityHeaders.ContentSecurityPolicy);
        Header("X-Content-Type-Options").ShouldBe("nosniff");
        Header("Referrer-Policy").ShouldBe("no-referrer");
        Header("Cross-Origin-Resource-Policy").ShouldBe("same-origin");
        Header("Cross-Origin-Opener-Policy").ShouldBe("same-origin");
        Header("Cache-Control").ShouldBe(caching);
        Header("Server").ShouldBe("");
        answer.Headers.ShouldNotContain(h => h.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
        answer.Headers.ShouldNotContain(h => h.Key == "Set-Cookie");
    }

    [Fact]
    public async Task Refusals_carry_the_headers_too()
    {
        var answer = await running.Client.GetAsync("/api/about", Cancellation);
        answer.Headers.GetValues("Content-Security-Policy").Single().ShouldBe(SecurityHeaders.ContentSecurityPolicy);
        answer.Headers.GetValues("Cache-Control").Single().ShouldBe("no-store");
    }

    [Fact]
    public void The_policy_allows_nothing_inline_and_nothing_foreign()
    {
        var policy = SecurityHeaders.ContentSecurityPolicy;
        policy.ShouldStartWith("default-src 'none'");
        policy.ShouldContain("require-trusted-types-for 'script'");
        policy.ShouldContain("frame-ancestors 'none'");
        policy.ShouldNotContain("unsafe");
        policy.ShouldNotContain("http");
        policy.ShouldNotContain("*");
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded", 415)]
    [InlineData("text/plain", 415)]
    [InlineData("multipart/form-data", 415)]
    [InlineData("application/json", 400)]
    public async Task A_change_takes_only_json(string contentType, int status)
    {
        using var request = running.Authorised(HttpMethod.Post, "/api/open");
        request.Content = new StringContent("pid=1");
        request.Content.Headers.ContentType = new(contentType);
        ((int)(await running.Client.SendAsync(request, Cancellation)).StatusCode).ShouldBe(status);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"pid\":\"1\"}")]
    [InlineData("{\"pid\":1,\"path\":\"x\"}")]
    [InlineData("{\"unknown\":1}")]
    [InlineData("{\"pid\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}")]
    public async Task A_body_that_makes_no_sense_is_refused(string json) =>
        (await running.Send(HttpMethod.Post, "/api/open", json)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);

    [Fact]
    public async Task A_change_is_never_a_get() =>
        (await running.Send(HttpMethod.Get, "/api/open")).StatusCode.ShouldBeOneOf(HttpStatusCode.MethodNotAllowed, HttpStatusCode.NotFound);

    [Fact]
    public async Task A_large_body_is_refused()
    {
        var answer = await running.Send(HttpMethod.Post, "/api/open", "{\"path\":\"" + new string('x', 70_000) + "\"}");
        answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task The_page_can_only_be_read()
    {
        var answer = await running.Client.PostAsync("/", new StringContent(""), Cancellation);
        answer.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    public void It_listens_on_127_0_0_1_and_nowhere_else()
    {
        var listeners = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Where(l => l.Port == running.Server.Address.Port);
        listeners.ShouldHaveSingleItem().Address.ShouldBe(IPAddress.Loopback);
    }

    [Fact]
    public async Task Settings_of_the_folder_and_the_environment_can_not_open_another_address()
    {
        var folder = Directory.CreateTempSubdirectory("vmatlas-test-");
        var before = Environment.CurrentDirectory;
        File.WriteAllText(Path.Combine(folder.FullName, "appsettings.json"), """{"Kestrel":{"Endpoints":{"All":{"Url":"http://0.0.0.0:0"}}},"urls":"http://0.0.0.0:0"}""");
        Environment.SetEnvironmentVariable("ASPNETCORE_URLS", "http://0.0.0.0:0");
        try
        {
            Environment.CurrentDirectory = folder.FullName;
            await using var server = await WebServer.StartAsync(new WebServerOptions(), Cancellation);
            server.Address.Host.ShouldBe("127.0.0.1");
        }
        finally
        {
            Environment.CurrentDirectory = before;
            Environment.SetEnvironmentVariable("ASPNETCORE_URLS", null);
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Two_servers_do_not_open_to_each_others_token()
    {
        await using var other = await WebServer.StartAsync(new WebServerOptions(), Cancellation);
        using var request = running.Authorised(HttpMethod.Get, new Uri(other.Address, "/api/about").ToString());
        (await running.Client.SendAsync(request, Cancellation)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        other.Token.Text.ShouldNotBe(running.Server.Token.Text);
    }

    [Fact]
    public void A_token_is_256_random_bits()
    {
        var tokens = Enumerable.Range(0, 100).Select(_ => new AccessToken().Text).ToHashSet();
        tokens.Count.ShouldBe(100);
        tokens.ShouldAllBe(t => System.Buffers.Text.Base64Url.DecodeFromChars(t).Length == 32);
    }
}
