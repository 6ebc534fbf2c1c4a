using VmAtlas.Capture.Linux.Heaps;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Heaps;

public sealed class TargetStopTests
{
    [Fact]
    public void A_stopped_target_is_read_exactly_though_it_never_rests()
    {
        using var program = TestTarget.Start("heap_shapes", "live");
        using var target = new LinuxTarget(program.Pid);
        for (var i = 0; i < 10; i++)
        {
            using var stop = TargetStop.All(target);
            var (mappings, strings) = (new BlockTable(), new StringTable());
            target.ReadMappings(mappings, strings, []);
            var report = GlibcHeapReader.Read(mappings, strings, target, new HeapReadOptions { Paused = () => stop.Elapsed }).ShouldNotBeNull();
            report.Problems.Where(p => p.Id != "heap-chunk").ShouldBeEmpty();
            report.Paused.ShouldNotBeNull();
        }
    }

    [Fact]
    public void Every_thread_stands_still_and_goes_on_afterwards()
    {
        using var program = TestTarget.Start("heap_shapes", "live");
        using var target = new LinuxTarget(program.Pid);
        using (TargetStop.All(target))
            target.Threads.Select(t => t.State).ShouldAllBe(s => s == 't');
        target.Threads.Select(t => t.State).ShouldContain(s => s == 'R' || s == 'S');
        File.ReadAllText($"/proc/{program.Pid}/status").ShouldContain("TracerPid:\t0");
    }

    [Fact]
    public void A_target_that_ended_has_nothing_to_stop()
    {
        var program = TestTarget.Start("heap_shapes", "plain");
        using var target = new LinuxTarget(program.Pid);
        program.Dispose();
        using var stop = TargetStop.All(target);
        stop.Elapsed.ShouldBeGreaterThan(TimeSpan.Zero);
    }
}
