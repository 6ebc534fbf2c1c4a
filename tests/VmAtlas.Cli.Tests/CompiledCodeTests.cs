using System.Text.Json;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests;

/// <summary>Native stacks through code that a runtime made: its functions have names.</summary>
public sealed class CompiledCodeTests : IDisposable
{
    static readonly string s_target = Path.Combine(Repository.Root, "artifacts/bin/ClrTarget/debug/clrtarget");

    readonly SampleFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void DotNet_methods_by_the_map_that_its_runtime_writes()
    {
        var names = Traced("exit 0\n", "/usr/bin/env", "DOTNET_PerfMapEnabled=1", s_target);
        names.ShouldContain(n => n.Contains("ClrTarget.Program::Keep", StringComparison.Ordinal));
        names.ShouldContain(n => n.Contains("ClrTarget.Program::Main", StringComparison.Ordinal));
    }

    [Fact]
    public void JavaScript_functions_by_the_map_that_node_writes()
    {
        var node = RealProgram.Find("node");
        Assert.SkipWhen(node is null, "node is not installed");
        var script = _files.Path("script.js");
        File.WriteAllText(script, """
            function makeBuffers(n) { const kept = []; for (let i = 0; i < n; i++) kept.push(Buffer.allocUnsafeSlow(20000 + i)); return kept; }
            console.log(makeBuffers(2000).length);

            """);
        Traced("", node!, "--perf-basic-prof", script).ShouldContain(n => n.Contains("makeBuffers", StringComparison.Ordinal));
    }

    [Fact]
    public void By_maps_that_the_command_line_asks_for()
    {
        Traced("exit 0\n", ["--perf-map"], s_target).ShouldContain(n => n.Contains("ClrTarget.Program::Keep", StringComparison.Ordinal));
        var node = RealProgram.Find("node");
        Assert.SkipWhen(node is null, "node is not installed");
        var script = _files.Path("script.js");
        File.WriteAllText(script, "function makeBuffers(n) { const kept = []; for (let i = 0; i < n; i++) kept.push(Buffer.allocUnsafeSlow(20000 + i)); return kept; }\nmakeBuffers(2000);\n");
        Traced("", ["--perf-map"], "/bin/sh", "-c", $"exec {node} {script}").ShouldContain(n => n.Contains("makeBuffers", StringComparison.Ordinal));
        VmatlasProcess.Run("", "trace", "--", node!, script).Error.ShouldContain("have names with --perf-map");
    }

    /// <summary>In a place of its own: other pids, another /tmp, and both are gone when the trace ends.</summary>
    [Fact]
    public void By_the_map_in_the_containers_own_folder()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/usr/bin/unshare"), "making namespaces takes root and unshare");
        var folder = Path.GetDirectoryName(s_target);
        using var target = TestTarget.Start("/usr/bin/unshare", "--mount", "--pid", "--fork", "--kill-child", "/bin/sh", "-c",
            $"mount -t tmpfs none /mnt && cp -r {folder}/. /mnt && mount -t tmpfs none /tmp && mount -t proc proc /proc && DOTNET_PerfMapEnabled=1 DOTNET_EnableDiagnostics=0 exec /mnt/clrtarget");
        var pid = File.ReadAllText($"/proc/{target.Pid}/task/{target.Pid}/children").Trim();
        Attached(pid, target).ShouldContain(n => n.Contains("ClrTarget.Program::Obey", StringComparison.Ordinal));
    }

    [Fact]
    public void DotNet_methods_by_its_runtimes_own_word_where_there_is_no_map()
    {
        using var target = TestTarget.Start(s_target);
        var names = Attached($"{target.Pid}", target);
        names.ShouldContain("ClrTarget.Program.Obey");
        names.ShouldContain("ClrTarget.Program.Main");
    }

    List<string> Traced(string input, params string[] command) => Traced(input, [], command);

    List<string> Traced(string input, string[] options, params string[] command)
    {
        var file = _files.Path("launched.vmatlas");
        var run = VmatlasProcess.Run(input, ["trace", .. options, "-o", file, "--", .. command]);
        run.Code.ShouldBe(0, run.Error);
        var pid = LoadedTrace.ReadAll(file).Traces[0].Store.Process.Pid;
        File.Delete($"/tmp/perf-{pid}.map");
        File.Delete($"/tmp/perfinfo-{pid}.map");
        return Names(file);
    }

    List<string> Attached(string pid, TestTarget target)
    {
        var file = _files.Path("attached.vmatlas");
        var trace = Task.Run(() => VmatlasProcess.Run("", "trace", "--native", "--attach", pid, "--for", "2s", "-o", file));
        while (!trace.IsCompleted)
        {
            target.Input.WriteLine("grow 200000");
            target.Input.Flush();
            target.Output.ReadLine().ShouldBe("done");
            Thread.Sleep(50);
        }
        trace.Result.Code.ShouldBe(0, trace.Result.Error);
        return Names(file);
    }

    static List<string> Names(string file) => [.. from site in CommandRun.Of("sites", file, "--json").Json().EnumerateArray()
                                                  from frame in site.GetProperty("stack").EnumerateArray()
                                                  select frame.GetProperty("function").GetString()];
}
