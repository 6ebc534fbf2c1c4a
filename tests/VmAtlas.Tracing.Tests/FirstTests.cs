using VmAtlas.Model;

namespace VmAtlas.Tracing.Tests;

public sealed class FirstTests
{
    [Fact]
    public void Runs()
    {
        var seen = new Collected();
        var command = (Environment.GetEnvironmentVariable("TRY") ?? "/bin/true").Split(' ');
        using var trace = LaunchedTrace.Start(command, new TraceOptions(), seen);
        var end = trace.Wait();
        foreach (var p in seen.Programs)
        {
            Console.WriteLine($"{p.Process} {p.Ended} events {p.EventCount} total {p.TotalCount} {p.TotalBytes} live {p.Live.Count} unknown {p.UnknownFrees} doubled {p.Doubled} lost {p.Lost} nodes {p.NodesById.Count} modules {p.Modules.Count} threads {p.Threads.Count}");
            Console.WriteLine($"truncated {p.NodesById.Values.Count(n => n.Kind == CallNodeKind.Truncated)}");
        }
    }
}
