using System.Diagnostics;
using VmAtlas.Capture.Linux.Annotators;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Runtimes;

/// <summary>A real runtime, to be held against its own figures.</summary>
public abstract class RuntimeTest
{
    protected static string Source(string name) => Path.Combine(Repository.Root, "tests", "targets", "runtimes", name);

    protected static string Tool(string name)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/bin")
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(path is null, $"{name} is not installed");
        return path!;
    }

    protected static Snapshot Capture(int pid)
    {
        using var target = new LinuxTarget(pid);
        var snapshot = new CapturePipeline(target, LinuxAnnotators.All).Capture();
        Laws.Check(snapshot).ShouldBeEmpty();
        return snapshot;
    }

    protected static ulong Sum(Snapshot snapshot, string details, Measure measure)
    {
        return Regions(snapshot, details).Aggregate(0UL, (sum, r) => sum + r.Get(measure));
    }

    /// <summary>Share of resident anonymous memory that has a name.</summary>
    protected static double Named(Snapshot snapshot)
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

    protected static ulong Said(TestTarget target, string key) => ulong.Parse(target.Said[key].Single());

    protected static string Output(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        start.Environment["HOME"] = Path.GetTempPath(); // go keeps its cache there
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, $"{program} failed: {output}");
        return output;
    }

    protected static IEnumerable<Region> Regions(Snapshot snapshot, string details) =>
        Enumerable.Range(0, snapshot.Regions.Count).Select(snapshot.RegionAt).Where(r => r.Details.StartsWith(details, StringComparison.Ordinal));

    /// <summary>Bytes of the blocks with a label, in regions whose details begin so.</summary>
    protected static ulong Labelled(Snapshot snapshot, string details, string label, Measure measure = Measure.Size) =>
        Enumerable.Range(0, snapshot.Blocks.Count).Select(snapshot.BlockAt)
            .Where(b => b.Label == label && b.Region.Details.StartsWith(details, StringComparison.Ordinal))
            .Aggregate(0UL, (sum, b) => sum + b.Get(measure));
}
