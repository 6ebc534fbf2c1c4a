using System.Globalization;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.RealPrograms;

/// <summary>Redis: a program that counts every byte it asks its allocator for.</summary>
public sealed class RedisTests
{
    const string Fill = "for i = 1, 20000 do redis.call('set', 'key:' .. i, string.rep('x', 200)) end return 'ready'";

    [Fact]
    public void Its_heap_holds_what_it_says_it_uses()
    {
        var (server, client) = (RealProgram.Find("redis-server"), RealProgram.Find("redis-cli"));
        Assert.SkipWhen(server is null || client is null, "redis is not installed (Debian package redis-server)");
        using var redis = RealProgram.Start(server!, ["--port", "0", "--unixsocket", "{folder}/socket", "--save", "", "--daemonize", "no", "--dir", "{folder}"],
            p => File.Exists($"{p.Folder}/socket"));
        Tool.Output(client!, "-s", $"{redis.Folder}/socket", "eval", Fill, "0").Trim().ShouldBe("ready");
        var used = Tool.Output(client!, "-s", $"{redis.Folder}/socket", "info", "memory").Split('\n')
            .Single(line => line.StartsWith("used_memory:", StringComparison.Ordinal)).Split(':')[1];
        RealProcesses.CaptureRunning(redis).ShouldBe(1);
        var heap = RealProcesses.CompareStopped(redis).Values.Single().Summary[MemoryType.Heap];
        heap.Measures[Measure.Private].ShouldBeGreaterThan(ulong.Parse(used, CultureInfo.InvariantCulture));
        heap.Measures[Measure.TotalWs].ShouldBeGreaterThan(20_000UL * 200);
    }
}
