using VmAtlas.Capture.Linux.Annotators;
using VmAtlas.Capture.Linux.Tests.Annotators;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.RealPrograms;

/// <summary>What is asked of every process of a real program, first as it runs and then as it stands still.</summary>
static class RealProcesses
{
    /// <summary>Captures each process as it runs, in full and quickly; those that end meanwhile are passed over. How many there were.</summary>
    public static int CaptureRunning(RealProgram program)
    {
        var captured = 0;
        foreach (var pid in program.Processes)
        {
            try
            {
                Zoo.Capture(pid, CaptureOptions.Full);
                Zoo.Capture(pid, CaptureOptions.Quick);
                captured++;
            }
            catch (VmAtlasException e) when (e.Failure is Failure.NotFound or Failure.TargetEnded)
            {
            }
        }
        return captured;
    }

    /// <summary>Stops the program and compares each of its processes with what the kernel and pmap say. The snapshots by pid.</summary>
    public static IReadOnlyDictionary<int, Snapshot> CompareStopped(RealProgram program)
    {
        Assert.SkipUnless(File.Exists(KernelTruth.Pmap), "pmap is not installed (Debian package procps)");
        return program.Stop().ToDictionary(pid => pid, Compare);
    }

    static Snapshot Compare(int pid)
    {
        Snapshot? full = null;
        KernelTruth.Eventually(() =>
        {
            using var target = new LinuxTarget(pid) { ReadsRollup = true };
            full = new CapturePipeline(target, LinuxAnnotators.All).Capture();
            KernelTruth.TotalsEqualTheKernels(full);
            NothingDiffersWithoutACause(full);
            KernelTruth.TotalsEqualPmap(full, pid);
            KernelTruth.RowsEqualPmap(new CapturePipeline(target, []).Capture(), pid);
            var quick = new CapturePipeline(target, LinuxAnnotators.All, options: CaptureOptions.Quick).Capture();
            KernelTruth.TotalsEqualTheKernels(quick);
            SizesByType(quick).ShouldBe(SizesByType(full));
        });
        HasWhatEveryProcessHas(full!, pid);
        return full!;
    }

    /// <summary>Law 4: where a counter of the system says something else than our totals, the report names the cause.</summary>
    static void NothingDiffersWithoutACause(Snapshot snapshot)
    {
        var lines = Reconciliation.Of(snapshot);
        foreach (var counter in (string[])["VmSize", "VmData", "RssAnon + VmSwap", "VmLck", "VmSwap", "rollup.Rss"])
            lines.ShouldContain(l => l.Counter == counter);
        lines.Where(l => l.Agreement == Agreement.Differs).Select(l => $"{l.Counter} {l.Counted}, {l.What} {l.Ours}").ShouldBeEmpty();
    }

    static IEnumerable<(MemoryType?, ulong, long?, int)> SizesByType(Snapshot snapshot) =>
        snapshot.Summary.Rows.Select(row => (row.Type, row.Measures[Measure.Size], row.Blocks, row.Regions));

    static void HasWhatEveryProcessHas(Snapshot snapshot, int pid)
    {
        var program = new FileInfo($"/proc/{pid}/exe").LinkTarget.ShouldNotBeNull();
        snapshot.RegionsOf(MemoryType.Image).Select(r => r.Details).ShouldContain(program);
        snapshot.RegionsOf(MemoryType.Image).Select(r => r.Details).ShouldContain("[vdso]");
        snapshot.RegionsOf(MemoryType.Stack).Count(r => r.Details.EndsWith(", main", StringComparison.Ordinal)).ShouldBe(1);
        var threads = Directory.GetDirectories($"/proc/{pid}/task").Select(Path.GetFileName);
        snapshot.RegionsOf(MemoryType.Stack).Select(r => r.Fact("thread-id")).OfType<string>().ShouldBe(threads!, ignoreOrder: true);
        snapshot.Summary[MemoryType.Heap].Measures[Measure.TotalWs].ShouldBeGreaterThan(0UL);
    }
}
