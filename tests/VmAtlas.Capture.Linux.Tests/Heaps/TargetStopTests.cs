using VmAtlas.Capture.Linux.Heaps;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Heaps;

public sealed class TargetStopTests
{
    /// <summary>A program that is not our child but a shell's.</summary>
    static TestTarget StartApart(string shape, out int pid)
    {
        var target = TestTarget.Start("/bin/sh", "-c", """exec 3<&0; "$0" "$1" <&3 & echo child $!; exec 3<&-; wait""",
            Path.Combine(Repository.Targets, "heap_shapes"), shape);
        pid = int.Parse(target.Said["child"].Single());
        return target;
    }

    [Fact]
    public void A_child_of_our_own_is_refused()
    {
        using var program = TestTarget.Start("heap_shapes", "plain");
        using var target = new LinuxTarget(program.Pid);
        Should.Throw<VmAtlasException>(() => TargetStop.All(target)).Message.ShouldContain("was started by this one");
    }

    [Fact]
    public void A_stopped_target_is_read_exactly_though_it_never_rests()
    {
        using var program = StartApart("live", out var pid);
        using var target = new LinuxTarget(pid);
        for (var i = 0; i < 20; i++)
        {
            var report = StoppedHeap.Read(target, new BlockTable(), new StringTable(), new HeapReadOptions { Chunks = true }).ShouldNotBeNull();
            report.Problems.ShouldBeEmpty();
            report.Approximate.ShouldBeFalse();
            report.Paused.ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.Zero);
            foreach (var arena in report.Arenas)
            {
                var told = arena.InUse.Bytes + arena.AllFree.Bytes + arena.Top + arena.Unknown;
                // What is not told is headers of the arena and its heaps, and fences.
                (arena.System - told).ShouldBeLessThanOrEqualTo(2300 + 200 * (ulong)arena.Heaps.Count);
                arena.Unknown.ShouldBe(0UL);
            }
        }
    }

    [Fact]
    public void Every_thread_stands_still_and_goes_on_afterwards()
    {
        using var program = StartApart("live", out var pid);
        using var target = new LinuxTarget(pid);
        using (TargetStop.All(target))
            target.Threads.Select(t => t.State).ShouldAllBe(s => s == 't');
        target.Threads.Select(t => t.State).ShouldContain(s => s == 'R' || s == 'S');
        File.ReadAllText($"/proc/{pid}/status").ShouldContain("TracerPid:\t0");
    }

    [Fact]
    public void A_target_that_ended_has_nothing_to_stop()
    {
        var program = StartApart("plain", out var pid);
        using var target = new LinuxTarget(pid);
        program.Dispose();
        using var stop = TargetStop.All(target);
        stop.Elapsed.ShouldBeGreaterThan(TimeSpan.Zero);
    }
}
