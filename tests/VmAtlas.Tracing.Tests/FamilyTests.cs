using VmAtlas.Model;

namespace VmAtlas.Tracing.Tests;

/// <summary>fork, exec, children, and ends of all kinds.</summary>
public sealed class FamilyTests
{
    [Fact]
    public void The_program_and_its_children_see_the_environment_they_would_see()
    {
        var run = TraceRun.Of("family", "environment");
        run.Said.ShouldContain("PATH=");
        run.Said.ShouldNotContain("VMATLAS_TRACE");
        run.Said.ShouldNotContain("libvmatlas-agent");
    }

    [Fact]
    public void What_it_reads_and_writes_and_its_exit_code_pass_through()
    {
        var (input, output) = (Path.GetTempFileName(), Path.GetTempFileName());
        File.WriteAllText(input, "a line\n");
        using var trace = LaunchedTrace.Start(["/bin/sh", "-c", $"{TraceRun.Target("family")} leaf <{input} >{output}"], default, new Collected());
        trace.Wait().ShouldBe((TraceEnding.Exited, 42));
        File.ReadAllText(output).ShouldBe("a line\n");
    }

    [Fact]
    public void A_forked_child_runs_untraced()
    {
        var run = TraceRun.Of("family", "fork");
        run.End.ShouldBe((TraceEnding.Exited, 0));
        run.Seen.Programs.Count.ShouldBe(2, "the shell and the program");
        run.Program.Live.Values.ShouldContain(e => e.Size == 30003);
        run.Program.Kept.ShouldNotContain(e => e.Size == 30005);
    }

    [Fact]
    public void A_forked_child_is_followed_when_asked_for()
    {
        var run = TraceRun.Of(new TraceOptions { FollowChildren = true }, TraceRun.Target("family"), "fork");
        var child = run.Seen.Programs.Single(p => p.Process.Pid != run.Seen.First.Process.Pid);
        child.Live.Values.ShouldContain(e => e.Size == 30005);
        child.Process.ParentPid.ShouldBe(run.Seen.First.Process.Pid);
        child.Ended.ShouldNotBeNull();
    }

    [Fact]
    public void A_started_child_is_followed_when_asked_for()
    {
        var run = TraceRun.Of(new TraceOptions { FollowChildren = true }, "/bin/sh", "-c", $"{TraceRun.Target("family")} after; exit 3");
        run.End.ShouldBe((TraceEnding.Exited, 3));
        run.Seen.Programs.ShouldContain(p => p.Live.Values.Any(e => e.Size == 30009));
    }

    [Fact]
    public void A_vfork_leaves_the_parents_trace_whole()
    {
        var run = TraceRun.Of("family", "vfork");
        run.End.ShouldBe((TraceEnding.Exited, 0));
        run.Program.Live.Values.ShouldContain(e => e.Size == 30007);
    }

    [Fact]
    public void A_process_that_becomes_another_program_is_traced_on()
    {
        var run = TraceRun.Of("family", "exec");
        run.Seen.Programs.Count.ShouldBe(3);
        run.Seen.Programs.Take(2).ShouldAllBe(p => p.Ended!.Value.Ending == TraceEnding.Replaced);
        run.Program.Live.Values.ShouldContain(e => e.Size == 30009);
        run.Seen.Programs.Select(p => p.Process.Command).Distinct().Count().ShouldBeGreaterThan(1, "each is told with its own command line");
    }

    [Fact]
    public void A_daemon_that_closes_every_descriptor_is_traced_on()
    {
        var run = TraceRun.Of("family", "daemon");
        run.End.ShouldBe((TraceEnding.Exited, 0));
        run.Program.Live.Values.ShouldContain(e => e.Size == 30013);
        run.Program.Kept.Count(e => e.Size == 30011).ShouldBe(100000);
    }

    [Fact]
    public void What_a_killed_program_did_is_all_there()
    {
        var run = TraceRun.Of("family", "killed");
        run.End.ShouldBe((TraceEnding.Killed, 9));
        run.Program.Kept.Count(e => e.Size == 30015 && e.Operation == TraceOperation.Allocate).ShouldBe(1000);
        run.Program.Ended!.Value.ShouldSatisfyAllConditions(e => e.Ending.ShouldBe(TraceEnding.Killed), e => e.Value.ShouldBe(9));
    }

    [Fact]
    public void A_library_that_comes_and_goes_keeps_its_name_on_the_stacks()
    {
        var run = TraceRun.Of("plugins", TraceRun.Target("plugin.so"));
        var blocks = run.Program.Kept.Where(e => e.Size == 40001 && e.Operation == TraceOperation.Allocate).ToList();
        blocks.Count.ShouldBe(200);
        blocks.Select(b => Path.GetFileName(run.Program.Modules[run.Program.NodesById[b.Site].Module].Path)).Distinct().ShouldBe(["trace_plugin.so"]);
    }
}
