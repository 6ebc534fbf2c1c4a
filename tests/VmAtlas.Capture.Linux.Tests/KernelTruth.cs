using System.Globalization;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests;

/// <summary>Our figures against the kernel's totals and pmap's, for targets that stand still.</summary>
static class KernelTruth
{
    public const string Pmap = "/usr/bin/pmap";

    /// <summary>A program that starts or ends anywhere on the machine changes who shares the C library's pages: what is compared in two
    /// readings is compared again then.</summary>
    public static void Eventually(Action compare)
    {
        for (var left = 10; ; left--)
        {
            try
            {
                compare();
                return;
            }
            catch (ShouldAssertException) when (left > 0)
            {
                Thread.Sleep(50);
            }
        }
    }

    /// <param name="snapshot">Captured with <see cref="LinuxTarget.ReadsRollup"/>.</param>
    public static void TotalsEqualTheKernels(Snapshot snapshot)
    {
        var counters = snapshot.Counters;
        snapshot.Sum(Measure.TotalWs).ShouldBe(counters["rollup.Rss"]);
        snapshot.Sum(Measure.Uss).ShouldBe(counters["rollup.Private_Clean"] + counters["rollup.Private_Dirty"]);
        snapshot.Sum(Measure.Swap).ShouldBe(counters["rollup.Swap"]);
        snapshot.Sum(Measure.Anonymous).ShouldBe(counters["rollup.Anonymous"]);
        snapshot.Sum(Measure.Referenced).ShouldBe(counters["rollup.Referenced"]);
        snapshot.Sum(Measure.Ksm).ShouldBe(counters["rollup.KSM"]);
        snapshot.Sum(Measure.LazyFree).ShouldBe(counters["rollup.LazyFree"]);
        snapshot.Sum(Measure.SharedWs).ShouldBe(counters["rollup.Shared_Clean"] + counters["rollup.Shared_Dirty"]);
        EqualsButForRounding(snapshot, Measure.Pss, counters["rollup.Pss"]);
        EqualsButForRounding(snapshot, Measure.LockedWs, counters["rollup.Locked"]);
        snapshot.PageTables.ShouldBe(new ByteSize(counters["VmPTE"]));
        var vsyscall = snapshot.Blocks.Starts[^1] > long.MaxValue ? 4096UL : 0; // no mapping of the process
        (snapshot.Sum(Measure.Size) - vsyscall).ShouldBe(counters["VmSize"]);
        Laws.Check(snapshot).ShouldBeEmpty();
    }

    /// <summary>The kernel rounds these down to whole KiB for each mapping.</summary>
    static void EqualsButForRounding(Snapshot snapshot, Measure measure, ulong kernels)
    {
        var mappings = (ulong)snapshot.Blocks.Facts.ToArray().Count(f => f.HasFlag(BlockFlags.StartsMapping));
        snapshot.Sum(measure).ShouldBeInRange(kernels - Math.Min(mappings << 10, kernels), kernels, measure.Title());
    }

    /// <param name="snapshot">Captured without annotators: a block a mapping.</param>
    public static void RowsEqualPmap(Snapshot snapshot, int pid)
    {
        var lines = PmapLines(pid);
        var columns = lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Measure?[] measures = [.. columns.Select(MeasureOf)];
        for (var i = 0; i < snapshot.Blocks.Count; i++)
        {
            var words = lines[i + 1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Convert.ToUInt64(words[0], 16).ShouldBe(snapshot.Blocks.Starts[i]);
            for (var c = 0; c < columns.Length && c < words.Length; c++)
            {
                // pmap itself maps libraries, and so takes its part of their PSS.
                if (measures[c] is { } measure && !(measure == Measure.Pss && snapshot.Blocks.Inodes[i] != 0))
                    (snapshot.Blocks.Get(measure, i) >> 10).ShouldBe(ulong.Parse(words[c], CultureInfo.InvariantCulture), $"{columns[c]} of {lines[i + 1]}");
            }
        }
    }

    /// <summary>The sums below pmap's table, which stand under their columns: the first is Size.</summary>
    public static void TotalsEqualPmap(Snapshot snapshot, int pid)
    {
        var lines = PmapLines(pid);
        var columns = lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var totals = lines.Last(line => line.EndsWith("KB", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var size = Array.IndexOf(columns, "Size");
        for (var i = 0; i < totals.Length - 1; i++)
        {
            // The PSS of libraries that pmap itself maps is less while it runs.
            if (MeasureOf(columns[size + i]) is { } measure && measure != Measure.Pss)
                (snapshot.Sum(measure) >> 10).ShouldBe(ulong.Parse(totals[i], CultureInfo.InvariantCulture), $"total {columns[size + i]}");
        }
    }

    static string[] PmapLines(int pid) =>
        [.. Tool.Output(Pmap, "-XX", pid.ToString(CultureInfo.InvariantCulture)).Split('\n').Skip(1).Select(line => line.TrimEnd())];

    static Measure? MeasureOf(string column) => column switch
    {
        "Size" => Measure.Size,
        "Rss" => Measure.TotalWs,
        "Pss" => Measure.Pss,
        "Referenced" => Measure.Referenced,
        "Anonymous" => Measure.Anonymous,
        "KSM" => Measure.Ksm,
        "LazyFree" => Measure.LazyFree,
        "Swap" => Measure.Swap,
        "SwapPss" => Measure.SwapPss,
        "Locked" => Measure.LockedWs,
        _ => null,
    };

    static ulong Sum(this Snapshot snapshot, Measure measure) =>
        Enumerable.Range(0, snapshot.Blocks.Count).Aggregate(0UL, (sum, i) => sum + snapshot.Blocks.Get(measure, i));
}
