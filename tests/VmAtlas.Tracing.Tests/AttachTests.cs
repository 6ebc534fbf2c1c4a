using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Tracing.Tests;

public sealed class AttachTests
{
    [Fact]
    public void Fifty_attachments_to_a_busy_program_leave_no_mark()
    {
        using var target = TestTarget.StartOrphan("trace_steady", "3");
        for (var i = 0; i < 50; i++)
        {
            var seen = new Collected();
            using var trace = AttachedTrace.Attach(target.Pid, new TraceOptions { SampleInterval = i % 2 == 0 ? 0UL : 65536 }, seen);
            for (var waited = 0; seen.Programs.Count == 0 || seen.First.EventCount < 100; waited++)
            {
                waited.ShouldBeLessThan(2000, "events must come");
                Thread.Sleep(1);
            }
            trace.Detach();
            seen.First.Ended!.Value.Ending.ShouldBe(TraceEnding.Detached);
            seen.First.Doubled.ShouldBe(0);
        }
        target.Input.Close();
        var said = target.Output.ReadToEnd();
        said.ShouldContain("faults 0\n");
        said.ShouldContain("interrupted 0\n");
    }

    /// <summary>One thread that is nearly always in the allocator's neighbourhood: its stack is full of addresses left over from there.</summary>
    [Theory]
    [InlineData("while :; do :; done")]
    [InlineData("while :; do x=$((x+1)); y=\"a$x\"; done")]
    [InlineData("while :; do sleep 0.01; done")]
    [InlineData("while :; do z=$(echo hi); done")]
    public void A_loop_of_a_shell_lets_us_in_every_time(string loop)
    {
        using var target = TestTarget.StartOrphan("/bin/bash", "-c", $"echo ready; {loop}");
        try
        {
            for (var i = 0; i < 12; i++)
            {
                var seen = new Collected();
                using var trace = AttachedTrace.Attach(target.Pid, default, seen);
                Thread.Sleep(20);
                trace.Detach();
                seen.First.Doubled.ShouldBe(0);
            }
            File.ReadAllText($"/proc/{target.Pid}/stat").ShouldNotContain(") Z ");
        }
        finally
        {
            Signals.Send(target.Pid, Signals.Kill); // it looks at no input, and the runtime may take a child that was traced for ended
        }
    }

    /// <summary>The viewer is slow, as on a busy machine: the only thread is nearly always inside a hook, where it waits for room.</summary>
    [Fact]
    public void A_thread_that_waits_for_room_can_be_detached_from()
    {
        using var target = TestTarget.StartOrphan("/bin/bash", "-c", "echo ready; while :; do :; done");
        var slow = new SlowViewer();
        try
        {
            using var trace = AttachedTrace.Attach(target.Pid, default, slow);
            Thread.Sleep(400); // a ring is full after the tenth of this
            _ = Task.Delay(1500).ContinueWith(_ => slow.IsSlow = false);
            trace.Detach();
        }
        finally
        {
            Signals.Send(target.Pid, Signals.Kill);
        }
    }

    sealed class SlowViewer : ITraceObserver, ITraceSink
    {
        public volatile bool IsSlow = true;

        public ITraceSink Begin(TraceProcess process) => this;

        public void Events(ReadOnlySpan<TraceEvent> events) => System.Threading.Thread.Sleep(IsSlow ? 5 : 0);

        public void Module(TraceModule module)
        {
        }

        public void Thread(TraceThread thread)
        {
        }

        public void ThreadName(int thread, string name)
        {
        }

        public void Nodes(ReadOnlySpan<CallNode> nodes)
        {
        }

        public void Dropped(long operations)
        {
        }

        public void End(TraceEnding ending, int value, long time)
        {
        }
    }

    [Fact]
    public void What_is_allocated_while_attached_is_exact()
    {
        using var target = TestTarget.StartOrphan("trace_steady", "3");
        var seen = new Collected();
        using (var trace = AttachedTrace.Attach(target.Pid, default, seen))
        {
            Thread.Sleep(300);
            trace.Detach();
        }
        var program = seen.First;
        program.Process.Attached.ShouldBeTrue();
        program.Lost.ShouldBe(0);
        // Blocks from before the attachment may be freed; each of three threads holds at most 200.
        program.UnknownFrees.ShouldBeLessThanOrEqualTo(600);
        program.Live.Count.ShouldBeLessThanOrEqualTo(600 + 10);
        program.Kept.Where(e => e.Operation == TraceOperation.Allocate && program.Modules[program.NodesById[e.Site].Module].Path.EndsWith("trace_steady")).ShouldNotBeEmpty();
    }

    [Fact]
    public void Every_slot_is_restored()
    {
        using var target = TestTarget.StartOrphan("trace_steady", "1");
        var before = Slots(target.Pid);
        before.Length.ShouldBeGreaterThan(100);
        using (var trace = AttachedTrace.Attach(target.Pid, default, new Collected()))
        {
            Slots(target.Pid).ShouldNotBe(before);
            trace.Detach();
        }
        Slots(target.Pid).ShouldBe(before);
    }

    /// <summary>The data of the program's own file that the loader filled in: its first writable mapping, and the one it made read-only.</summary>
    static byte[] Slots(int pid)
    {
        var name = TraceRun.Target("steady");
        using var memory = new Attach.RemoteMemory(pid);
        return [.. File.ReadLines($"/proc/{pid}/maps").Where(l => l.EndsWith(name, StringComparison.Ordinal) && l.Contains(" r--p ", StringComparison.Ordinal))
            .TakeLast(1).SelectMany(l => memory.Read(Convert.ToUInt64(l.Split('-')[0], 16), 4096))];
    }

    [Fact]
    public void A_library_that_is_loaded_after_attaching_is_traced()
    {
        using var target = TestTarget.StartOrphan("trace_plugins", TraceRun.Target("plugin.so"), "wait");
        var seen = new Collected();
        using var trace = AttachedTrace.Attach(target.Pid, default, seen);
        target.Input.Write('x');
        target.Input.Flush();
        target.Output.ReadLine().ShouldBe("done");
        trace.Detach();
        seen.First.Kept.Count(e => e.Size == 40001 && e.Operation == TraceOperation.Allocate).ShouldBe(200);
    }

    [Fact]
    public void A_program_of_another_C_library_is_traced()
    {
        if (!File.Exists("/usr/bin/musl-gcc"))
            Assert.Skip("musl-tools is not installed");
        var path = Path.Combine(Path.GetTempPath(), $"vmatlas-musl-{Environment.ProcessId}");
        Tool.Output("musl-gcc", "-O2", "-fno-builtin", "-o", path, Path.Combine(Repository.Root, "tests/targets/trace/steady.c"));
        try
        {
            using var target = TestTarget.StartOrphan(path, "2");
            for (var i = 0; i < 5; i++)
            {
                var seen = new Collected();
                using var trace = AttachedTrace.Attach(target.Pid, default, seen);
                Thread.Sleep(50);
                trace.Detach();
                seen.First.Kept.Count.ShouldBeGreaterThan(100);
            }
            target.Input.Close();
            target.Output.ReadToEnd().ShouldContain("faults 0\n");
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_program_of_another_C_library_is_traced_from_its_start()
    {
        if (!File.Exists("/usr/bin/musl-gcc"))
            Assert.Skip("musl-tools is not installed");
        var path = Path.Combine(Path.GetTempPath(), $"vmatlas-musl-churn-{Environment.ProcessId}");
        Tool.Output("musl-gcc", "-O2", "-fno-builtin", "-o", path, Path.Combine(Repository.Root, "tests/targets/trace/churn.c"));
        try
        {
            var run = TraceRun.Of(new TraceOptions(), path, "3", "8", "20000", "4", "1");
            (run.Program.TotalCount - run.Numbers("blocks").Single()).ShouldBeInRange(1, 9);
            run.Program.UnknownFrees.ShouldBe(0);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_target_in_another_mount_and_pid_namespace_is_traced()
    {
        if (Environment.UserName != "root")
            Assert.Skip("making namespaces needs root");
        using var target = TestTarget.StartOrphan("/usr/bin/unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", TraceRun.Target("steady"), "2");
        var inner = int.Parse(File.ReadAllText($"/proc/{target.Pid}/task/{target.Pid}/children").Trim());
        var seen = new Collected();
        using (var trace = AttachedTrace.Attach(inner, default, seen))
        {
            Thread.Sleep(100);
            trace.Detach();
        }
        seen.First.Process.Pid.ShouldBe(inner);
        seen.First.Kept.Count.ShouldBeGreaterThan(100);
        target.Input.Close();
        target.Output.ReadToEnd().ShouldContain("faults 0\n");
    }
}
