using System.Text.Json;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests;

/// <summary>.NET programs traced from their first object on, against what the program of the tests makes before it says a word.</summary>
public sealed class ManagedLaunchTests : IDisposable
{
    static readonly string s_target = Path.Combine(Repository.Root, "artifacts/bin/ClrTarget/debug/clrtarget");

    readonly SampleFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Objects_made_before_anybody_could_have_attached_are_seen()
    {
        var file = _files.Path("managed.vmatlas");
        var run = VmatlasProcess.Run("exit 7\n", "trace", "--managed", "-o", file, "--", s_target);
        run.Code.ShouldBe(7, run.Error);
        run.Out.ShouldContain("ready\n");
        var sites = CommandRun.Of("sites", file, "--json", "--sort", "total").Json().EnumerateArray().ToList();
        // Ten arrays of a MiB, each so large that it is a sample but for e⁻¹⁰.
        var large = sites.Where(s => Names(s)[0] == "new System.Byte[]" && s.GetProperty("totalBytes").GetInt64() > 1 << 20).MaxBy(s => s.GetProperty("totalBytes").GetInt64());
        large.GetProperty("totalBytes").GetInt64().ShouldBeInRange(9 << 20, (10 << 20) + 4096);
        Names(large).ShouldContain("ClrTarget.Program.MakeEveryGeneration");
        // 100,000 of 40 bytes are some 39 samples; this is four times the spread.
        sites.Where(s => Names(s)[0] == "new Old").Sum(s => (double)s.GetProperty("totalBytes").GetInt64()).ShouldBe(4e6, 2.6e6);
        sites.Sum(s => s.GetProperty("totalBytes").GetInt64()).ShouldBeLessThan(100 << 20, "what the runtime says of itself at its end is no object");
        var trace = LoadedTrace.ReadAll(file).Traces.Single();
        trace.Store.Process.Attached.ShouldBeFalse();
        trace.Store.Ending.ShouldBe(TraceEnding.Exited);
        trace.Store.EndingValue.ShouldBe(7);
    }

    [Fact]
    public void What_is_live_is_nowhere_said_to_be_nothing()
    {
        var (file, picture) = (_files.Path("managed.vmatlas"), _files.Path("managed.svg"));
        VmatlasProcess.Run("", "trace", "--managed", "-o", file, "--", s_target).Error.ShouldContain("what is live is not told");
        var sites = CommandRun.Of("sites", file).Worked().Out;
        sites.ShouldNotContain("live 0");
        sites.ShouldNotContain("Live K");
        sites.Split('\n').First(l => l.Contains(" new ", StringComparison.Ordinal)).ShouldContain("System.Byte[]", Case.Sensitive, "the largest total first");
        CommandRun.Of("calltree", file).Worked().Out.ShouldContain("ClrTarget.Program.Keep");
        CommandRun.Of("flamegraph", file, "-o", picture).Worked();
        File.ReadAllText(picture).ShouldContain("System.Byte[]");
        CommandRun.Of("leaks", file).Error.ShouldContain("'vmatlas managed'");
        CommandRun.Of("allocations", file).Error.ShouldContain("'vmatlas managed'");
        var events = CommandRun.Of("events", file).Worked().Out;
        events.ShouldContain("new object");
        events.ShouldNotContain("free");
    }

    [Fact]
    public void The_program_finds_the_environment_that_it_would_find()
    {
        const string input = "variable DOTNET_DiagnosticPorts\nvariable HOME\nexit 0\n";
        var traced = VmatlasProcess.Run(input, "trace", "--managed", "--", s_target);
        traced.Out.ShouldContain("DOTNET_DiagnosticPorts=\ndone\n");
        traced.Out.ShouldContain($"HOME={Environment.GetEnvironmentVariable("HOME")}\ndone\n");
    }

    /// <summary>A runtime that nobody lets go on would stand still for ever.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2, "--children")]
    public void Every_runtime_that_begins_goes_on_and_all_are_traced_when_asked_for(int traced, params string[] options)
    {
        var file = _files.Path("two.vmatlas");
        var run = VmatlasProcess.Run("exit 3\n", ["trace", "--managed", "-o", file, .. options, "--", "/bin/sh", "-c", $"{s_target} </dev/null; {s_target}; exit $(($? + 1))"]);
        run.Code.ShouldBe(4, run.Error);
        LoadedTrace.ReadAll(file).Traces.Count.ShouldBe(traced);
        run.Out.Split('\n').Count(l => l == "ready").ShouldBe(2);
    }

    [Fact]
    public void A_command_without_a_runtime_runs_and_says_so()
    {
        var run = VmatlasProcess.Run("", "trace", "--managed", "--", "/bin/sh", "-c", "exit 5");
        run.Code.ShouldBe(5);
        run.Error.ShouldContain("no .NET runtime");
    }

    [Fact]
    public void Traced_natively_it_says_how_to_see_the_objects()
    {
        var run = VmatlasProcess.Run("exit 0\n", "trace", "-o", _files.Path("native.vmatlas"), "--", s_target);
        run.Code.ShouldBe(0);
        run.Error.ShouldContain("--managed shows the objects");
    }

    [Fact]
    public void A_signal_that_ends_it_is_told_and_what_came_before_is_there()
    {
        var file = _files.Path("killed.vmatlas");
        var said = _files.Path("said");
        // The runtime sends what it has ten times a second.
        var script = $"sleep 30 2>/dev/null | {s_target} >{said} & until grep -q ready {said}; do sleep 0.1; done; sleep 2; kill -9 $!; kill -9 $$";
        var run = VmatlasProcess.Run("", "trace", "--managed", "-o", file, "--", "/bin/sh", "-c", script);
        run.Code.ShouldBe(137, run.Error);
        LoadedTrace.ReadAll(file).Traces.Single().Store.Sites.Total.TotalBytes.ShouldBeGreaterThan(9 << 20);
    }

    static List<string> Names(JsonElement site) => [.. site.GetProperty("stack").EnumerateArray().Select(f => f.GetProperty("function").GetString()!)];
}
