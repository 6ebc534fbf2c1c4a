using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace WebTarget;

/// <summary>A server that asks itself: a few clients, each with one request under way. It says "ready" once it has answered some, then
/// "served N" now and again; it ends when its standard input closes.</summary>
static class Program
{
    const int Clients = 4, AnswerLength = 16 << 10, SaidEach = 20;

    static int s_served;

    static async Task Main()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.Run(context => context.Response.WriteAsync(new string('x', AnswerLength)));
        await app.StartAsync();
        using var ending = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Clients).Select(_ => AskAgainAndAgain(app.Urls.First(), ending.Token)).ToArray();
        while (await Console.In.ReadLineAsync() is not null)
        {
        }
        await ending.CancelAsync();
        await Task.WhenAll(clients);
    }

    static async Task AskAgainAndAgain(string address, CancellationToken ending)
    {
        using var client = new HttpClient();
        while (!ending.IsCancellationRequested)
        {
            var answer = await client.GetStringAsync(new Uri(address), CancellationToken.None);
            if (answer.Length != AnswerLength)
                throw new InvalidOperationException($"an answer of {answer.Length} characters");
            var served = Interlocked.Increment(ref s_served);
            if (served == SaidEach)
                Console.WriteLine("ready");
            else if (served % SaidEach == 0)
                Console.WriteLine($"served {served}");
            await Task.Delay(1, CancellationToken.None); // load, but not all the machine has
        }
    }
}
