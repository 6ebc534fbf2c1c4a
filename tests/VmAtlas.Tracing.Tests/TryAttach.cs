namespace VmAtlas.Tracing.Tests;

public sealed class TryAttach
{
    [Fact]
    public void Attaches()
    {
        var pid = int.Parse(Environment.GetEnvironmentVariable("PID")!);
        for (var i = 0; i < int.Parse(Environment.GetEnvironmentVariable("CYCLES") ?? "3"); i++)
        {
            var seen = new Collected();
            using (var trace = AttachedTrace.Attach(pid, new TraceOptions { SampleInterval = ulong.Parse(Environment.GetEnvironmentVariable("SAMPLE") ?? "0") }, seen))
            {
                Thread.Sleep(100);
                trace.Detach();
                Console.WriteLine($"stopped {trace.Stopped.TotalMilliseconds:F1} ms");
            }
            var p = seen.First;
            Console.WriteLine($"{p.Process.Command} {p.Ended} events {p.EventCount} total {p.TotalCount} {p.TotalBytes} live {p.Live.Count} unknown {p.UnknownFrees} doubled {p.Doubled} lost {p.Lost} nodes {p.NodesById.Count} modules {p.Modules.Count} threads {p.Threads.Count}");
        }
    }
}
