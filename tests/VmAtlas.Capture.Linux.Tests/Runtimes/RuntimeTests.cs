using System.Diagnostics;
using VmAtlas.Capture.Linux.Annotators;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Runtimes;

/// <summary>Real runtimes against their own figures.</summary>
public sealed class RuntimeTests
{
    static string Source(string name) => Path.Combine(Repository.Root, "tests", "targets", "runtimes", name);

    static string Tool(string name)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/bin")
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(path is null, $"{name} is not installed");
        return path!;
    }

    static Snapshot Capture(int pid)
    {
        using var target = new LinuxTarget(pid);
        var snapshot = new CapturePipeline(target, LinuxAnnotators.All).Capture();
        Laws.Check(snapshot).ShouldBeEmpty();
        return snapshot;
    }

    static ulong Sum(Snapshot snapshot, string details, Measure measure)
    {
        var regions = Enumerable.Range(0, snapshot.Regions.Count).Select(snapshot.RegionAt).Where(r => r.Details.StartsWith(details, StringComparison.Ordinal));
        return regions.Aggregate(0UL, (sum, r) => sum + r.Get(measure));
    }

    /// <summary>Share of resident anonymous memory that has a name.</summary>
    static double Named(Snapshot snapshot)
    {
        var (all, named) = (0UL, 0UL);
        for (var i = 0; i < snapshot.Regions.Count; i++)
        {
            var region = snapshot.RegionAt(i);
            var resident = region.Get(Measure.PrivateWs);
            all += resident;
            named += region.Type == MemoryType.PrivateData && region.Details.Length == 0 ? 0 : resident;
        }
        return (double)named / all;
    }

    static ulong Said(TestTarget target, string key) => ulong.Parse(target.Said[key].Single());

    [Fact]
    public void Java_heap_and_code_cache_are_as_large_as_jcmd_says()
    {
        var (java, jcmd) = (Tool("java"), Tool("jcmd"));
        using var program = TestTarget.Start(java, "-Xmx256m", Source("Hold.java"));
        var snapshot = Capture(program.Pid);
        var flags = Output(jcmd, program.Pid.ToString(), "VM.flags", "-all");
        Sum(snapshot, "Java heap", Measure.Size).ShouldBe(Flag(flags, "MaxHeapSize"));
        Sum(snapshot, "Java code cache", Measure.Size).ShouldBe(Flag(flags, "ReservedCodeCacheSize"));
        Sum(snapshot, "Java heap", Measure.TotalWs).ShouldBeGreaterThan(40_000_000UL);
        Named(snapshot).ShouldBeGreaterThan(0.95);
    }

    [Fact]
    public void V8_pages_are_what_V8_counts_as_its_heap()
    {
        using var program = TestTarget.Start(Tool("node"), Source("hold.js"));
        var snapshot = Capture(program.Pid);
        var pages = Sum(snapshot, "V8 heap", Measure.Size);
        // V8 counts its read-only space and pages it keeps for later otherwise; a collection may run in between.
        pages.ShouldBeInRange(Said(program, "heap-total") * 8 / 10, Said(program, "heap-total") * 13 / 10);
        Named(snapshot).ShouldBeGreaterThan(0.95);
    }

    [Fact]
    public void Python_arenas_hold_its_small_objects()
    {
        using var program = TestTarget.Start(Tool("python3"), Source("hold.py"));
        var snapshot = Capture(program.Pid);
        // 200,000 dictionaries of 232 bytes with a text of 54 each.
        Sum(snapshot, "Python object arenas", Measure.TotalWs).ShouldBeGreaterThan(200_000UL * 280);
        Named(snapshot).ShouldBeGreaterThan(0.95);
    }

    [Fact]
    public void Go_arenas_hold_what_its_runtime_counts()
    {
        var folder = Directory.CreateTempSubdirectory("vmatlas-go-");
        try
        {
            var program = Path.Combine(folder.FullName, "hold-go");
            Output(Tool("go"), "build", "-o", program, Source("hold.go"));
            using var target = TestTarget.Start(program);
            var snapshot = Capture(target.Pid);
            Sum(snapshot, "Go heap", Measure.TotalWs).ShouldBeGreaterThan(Said(target, "heap-in-use") * 9 / 10);
            Named(snapshot).ShouldBeGreaterThan(0.99);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_plain_C_program_has_nothing_of_a_runtime()
    {
        using var program = TestTarget.Start("heap_shapes", "plain");
        var snapshot = Capture(program.Pid);
        snapshot.Summary.Rows.Single(r => r.Type == MemoryType.ManagedHeap).Measures[Measure.Size].ShouldBe(0UL);
        Sum(snapshot, "Thread control block", Measure.TotalWs).ShouldBeGreaterThan(0UL);
    }

    static string Output(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        start.Environment["HOME"] = Path.GetTempPath(); // go keeps its cache there
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, $"{program} failed: {output}");
        return output;
    }

    static ulong Flag(string flags, string name)
    {
        var line = flags.Split('\n').Single(l => l.Contains($" {name} ", StringComparison.Ordinal));
        return ulong.Parse(line.Split('=')[1].Trim().Split(' ')[0]);
    }
}
