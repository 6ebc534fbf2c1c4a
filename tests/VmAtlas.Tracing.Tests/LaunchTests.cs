using VmAtlas.Model;

namespace VmAtlas.Tracing.Tests;

public sealed class LaunchTests
{
    [Fact]
    public void Every_function_is_seen_and_what_lives_at_the_end_is_what_the_program_says()
    {
        var run = TraceRun.Of("api_zoo");
        var live = run.Program.Live.Values.Select(e => (long)e.Size).ToList();
        foreach (var size in run.Numbers("live"))
            live.ShouldContain(size, $"of {run.Said}");
        foreach (var freed in new long[] { 70, 50006, 50027, 50029 })
            live.ShouldNotContain(freed);
        foreach (var function in new[]
        {
            TraceFunction.Malloc, TraceFunction.Calloc, TraceFunction.Realloc, TraceFunction.Reallocarray, TraceFunction.PosixMemalign, TraceFunction.AlignedAlloc,
            TraceFunction.Memalign, TraceFunction.Valloc, TraceFunction.Pvalloc, TraceFunction.Free, TraceFunction.Mmap, TraceFunction.Munmap, TraceFunction.Mremap,
            TraceFunction.Mprotect, TraceFunction.Brk, TraceFunction.Sbrk, TraceFunction.Shmat, TraceFunction.Shmdt,
        })
            run.Program.Kept.ShouldContain(e => e.Function == function, $"{function}");
        run.Program.UnknownFrees.ShouldBe(0);
        run.End.ShouldBe((TraceEnding.Exited, 7));
    }

    [Fact]
    public void Mappings_have_address_size_and_protection()
    {
        var run = TraceRun.Of("api_zoo");
        var map = Convert.ToUInt64(run.Said.Split('\n').First(l => l.StartsWith("map ", StringComparison.Ordinal))[4..], 16);
        var events = run.Program.Kept;
        var made = events.Single(e => e.Operation == TraceOperation.Map && e.Size == 12345 * 4096);
        made.Protection.ShouldBe(Protection.Read | Protection.Write);
        var moved = events.Single(e => e.Operation == TraceOperation.Remap);
        (moved.OldAddress, moved.OldSize, moved.Address, moved.Size).ShouldBe((made.Address, 12345UL * 4096, map, 23456UL * 4096));
        events.ShouldContain(e => e.Operation == TraceOperation.Protect && e.Address == map && e.Size == 4096 && e.Protection == Protection.Read);
        events.ShouldContain(e => e.Operation == TraceOperation.Unmap && e.Address == map + 4096 && e.Size == 4096);
        events.Single(e => e.Operation == TraceOperation.AttachShared).Size.ShouldBe(77777UL);
        events.ShouldContain(e => e.Operation == TraceOperation.MoveBreak && e.Address == e.OldAddress + 8192 && e.Site != 0);
    }

    [Theory]
    [InlineData(1, 16, 0)]
    [InlineData(4, 16, 0)]
    [InlineData(4, 16, 1)]
    [InlineData(2, 1, 1)]
    public void Totals_of_many_threads_are_exact_and_no_event_is_out_of_order(int threads, int leaf, int handOver)
    {
        var run = TraceRun.Of("churn", $"{threads}", "20", "300000", $"{leaf}", $"{handOver}");
        run.Program.UnknownFrees.ShouldBe(0);
        run.Program.Doubled.ShouldBe(0);
        run.Program.Lost.ShouldBe(0);
        // Besides its own, the workers' table and what pthread_create and stdio allocate.
        (run.Program.TotalCount - run.Numbers("blocks").Single()).ShouldBeInRange(1, 3 + threads);
        run.Program.Threads.Count.ShouldBe(threads);
    }

    [Fact]
    public void A_stack_names_the_functions_that_called()
    {
        var run = TraceRun.Of("churn", "1", "5", "1000", "1");
        var block = run.Program.Kept.Last(e => e.Operation == TraceOperation.Allocate && run.Program.Stack(e.Site).Count(n => n.Module == run.Program.NodesById[e.Site].Module) > 6);
        var stack = run.Program.Stack(block.Site);
        var module = run.Program.Modules[stack[0].Module];
        module.Path.ShouldEndWith("trace_churn");
        module.BuildId.Length.ShouldBe(40);
        var symbols = SymbolList.Of(TraceRun.Target("churn"));
        var names = stack.Where(n => n.Module == stack[0].Module).Select(n => symbols.NameAt(n.Pc - 1 - module.Bias)).ToList();
        names[0].ShouldBe("leaf");
        names.Skip(1).Take(4).ShouldAllBe(n => n == "left" || n == "right");
        names.ShouldContain("main");
    }

    [Fact]
    public void Times_are_nanoseconds_of_the_wall_clock()
    {
        var run = TraceRun.Of("churn", "1", "5", "200000", "4");
        var kept = run.Program.Kept;
        var span = kept[^1].Time - kept[0].Time;
        var cpu = run.Numbers("cpu_us").Single() * 1000;
        span.ShouldBeGreaterThan(cpu / 4);
        run.Program.Ended!.Value.Time.ShouldBeGreaterThanOrEqualTo(kept[^1].Time);
    }

    [Fact]
    public void A_program_is_looked_at_when_it_begins_and_when_it_ends_and_its_children_are_not()
    {
        var looks = new List<(int Pid, bool Ends, bool Lives)>();
        var options = new TraceOptions
        {
            FollowChildren = true,
            Look = (pid, ends) =>
            {
                lock (looks)
                    looks.Add((pid, ends, Directory.Exists($"/proc/{pid}")));
            },
        };
        var run = TraceRun.Of(options, TraceRun.Target("family"), "fork");
        looks.ShouldAllBe(l => l.Lives && l.Pid == run.Seen.First.Process.Pid);
        looks.Select(l => l.Ends).ShouldBe([false, false, true], "the shell, what it becomes, and the end of that");
    }

    [Fact]
    public void A_look_that_fails_lets_the_program_go_on()
    {
        using var trace = LaunchedTrace.Start(["/bin/true"], new TraceOptions { Look = (_, _) => throw new InvalidOperationException("no look") }, new Collected());
        Should.Throw<VmAtlasException>(() => trace.Wait()).Message.ShouldContain("no look");
    }
}
