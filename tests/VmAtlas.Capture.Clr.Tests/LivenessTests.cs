using System.Diagnostics;
using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr.Tests;

/// <summary>Looking does no harm, and a target that changes all the time does none to us.</summary>
public sealed class LivenessTests
{
    [Theory]
    [InlineData()]
    [InlineData("DOTNET_gcServer=1")]
    [InlineData("DOTNET_GCgen0size=400000")] // 4 MiB: some hundred collections a second
    public void A_heap_that_is_allocated_from_at_full_speed_is_read_again_and_again(params string[] settings)
    {
        using var process = ClrTarget.Start(arguments: ["alloc"], settings: settings);
        using var target = new LinuxTarget(process.Pid);
        using var annotator = new ClrAnnotator();
        var pipeline = new CapturePipeline(target, [annotator]);
        for (var i = 0; i < 25; i++)
        {
            var snapshot = pipeline.Capture();
            Laws.Check(snapshot).ShouldBeEmpty();
            var report = annotator.LastReport.ShouldNotBeNull();
            report.WhyNotBetter.ShouldBeNull();
            report.Total(ManagedKind.Large, ManagedState.Used).ShouldBeGreaterThan(10UL << 20);
        }
    }

    [Fact]
    public void Objects_are_counted_while_they_are_made()
    {
        using var process = ClrTarget.Start(arguments: ["alloc"]);
        for (var i = 0; i < 5; i++)
        {
            var report = process.Capture(new ClrOptions { Objects = true }).Report;
            report.WhyNotBetter.ShouldBeNull();
            var objects = report.Objects.ShouldNotBeNull();
            objects.Types.Single(t => t.Name == "ClrTarget.Program+Old").Count.ShouldBe(100_000);
        }
    }

    [Fact]
    public void A_helper_lives_on_after_its_runtime_ended_and_restarted_its_idle_threads()
    {
        using var process = ClrTarget.Start();
        using var target = new LinuxTarget(process.Pid);
        using var annotator = new ClrAnnotator(new ClrOptions { Objects = true });
        var pipeline = new CapturePipeline(target, [annotator]);
        for (var i = 0; i < 3; i++)
        {
            pipeline.Capture();
            annotator.LastReport!.WhyNotBetter.ShouldBeNull();
            Thread.Sleep(5000); // the tiering thread ends after 4 s without work, and a new one must be allowed to start
        }
    }

    [Fact]
    public void The_target_is_not_stopped()
    {
        using var process = ClrTarget.Start(arguments: ["alloc"]);
        using var done = new CancellationTokenSource();
        var states = new HashSet<char>();
        var watcher = new Thread(() =>
        {
            while (!done.IsCancellationRequested)
            {
                foreach (var task in Directory.GetDirectories($"/proc/{process.Pid}/task"))
                {
                    if (TryRead($"{task}/stat") is { } stat)
                        states.Add(stat[stat.LastIndexOf(')') + 2]);
                }
                Thread.Sleep(1);
            }
        });
        watcher.Start();
        for (var i = 0; i < 3; i++)
            process.Capture(new ClrOptions { Objects = true });
        done.Cancel();
        watcher.Join();
        states.ShouldNotBeEmpty();
        states.ShouldNotContain('t');
        states.ShouldNotContain('T');

        // A thread may end between the listing and the look.
        static string? TryRead(string path)
        {
            try
            {
                return File.ReadAllText(path);
            }
            catch (IOException)
            {
                return null;
            }
        }
    }

    [Fact]
    public void Looking_makes_no_page_resident()
    {
        using var process = ClrTarget.Start();
        // The runtime itself may touch a page meanwhile (tiered compilation, its timers), so a second chance is fair.
        var grown = new List<ulong>();
        for (var i = 0; i < 5 && (grown.Count == 0 || grown[^1] != 0); i++)
        {
            Thread.Sleep(500);
            var before = Resident(process.Pid);
            process.Capture(new ClrOptions { Objects = true });
            grown.Add(Resident(process.Pid) - before);
        }
        grown[^1].ShouldBe(0UL, string.Join(", ", grown));
    }

    [Fact]
    public void A_process_that_is_not_dotnet_starts_no_helper()
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sleep", "60"))!;
        using var target = new LinuxTarget(process.Id);
        using var annotator = new ClrAnnotator(new ClrOptions { HelperPath = "/nonexistent" });
        new CapturePipeline(target, [annotator]).Capture();
        annotator.LastReport.ShouldBeNull();
        process.Kill();
    }

    /// <summary>Bytes of present pages and of page tables: a zero page mapped by reading is not in Rss, but may need a table.</summary>
    static ulong Resident(int pid)
    {
        using var target = new LinuxTarget(pid);
        var counters = target.ReadCounters([]);
        return counters["VmRSS"] + counters["VmPTE"];
    }
}
