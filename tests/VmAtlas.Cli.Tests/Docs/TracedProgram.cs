using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests.Docs;

/// <summary>The programs the pages trace, and what was recorded of one of them.</summary>
sealed class TracedProgram
{
    public TracedProgram(string folder, string kept)
    {
        File.WriteAllText(Path.Combine(folder, "script.py"), """
            import os, time
            kept = [bytes(5000) for _ in range(200)]
            time.sleep(0.2)
            more = [bytearray(9000) for _ in range(200)]
            time.sleep(0.1)
            os._exit(0)

            """);
        var server = Path.Combine(folder, "server");
        File.WriteAllText(server, $"#!/bin/sh\nexec python3 {folder}/script.py\n");
        Tool.Output("chmod", "u+x", server);
        var run = Path.Combine(kept, "run.vmatlas");
        CommandRun.Of("trace", "-o", run, "--", server).Worked();
        File.Copy(run, Path.Combine(kept, "server.vmatlas"));
        var heaptrack = Path.Combine(kept, "heaptrack.server.4711");
        CommandRun.Of("export", run, "--format", "heaptrack", "-o", heaptrack).Worked();
        Tool.Output("zstd", "-q", "--rm", heaptrack, "-o", heaptrack + ".zst");
        var largest = CommandRun.Of("allocations", run, "--sort", "size", "--top", "1", "--json").Json()[0];
        Block = largest.GetProperty("address").GetString()![2..];
        Site = largest.GetProperty("site").GetInt32();
    }

    /// <summary>Where a block lies that was never given back, in hex digits.</summary>
    public string Block { get; }

    /// <summary>The call site that asked for it.</summary>
    public int Site { get; }
}
