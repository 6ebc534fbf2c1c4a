using System.Diagnostics;
using System.Globalization;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests;

/// <summary>Our totals against the kernel's and pmap's, on targets that stand still; laws on targets that do not.</summary>
public sealed class ReaderTruthTests : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmatlas-reader-");

    public void Dispose() => Process.Start("rm", ["-r", _folder.FullName]).WaitForExit(); // .NET can not name a file that is not UTF-8

    /// <summary>A program that starts or ends anywhere on the machine changes who shares the C library's pages: what is compared in two
    /// readings is compared again then.</summary>
    static void Eventually(Action compare)
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

    static Snapshot Capture(LinuxTarget target) => new CapturePipeline(target, []).Capture();

    [Theory]
    [InlineData("reader_pages")]
    [InlineData("reader_mixed")]
    [InlineData("reader_maps")]
    [InlineData("zoo_kinds")]
    public void Totals_equal_smaps_rollup_and_status(string program)
    {
        using var running = TestTarget.Start(program, program == "reader_maps" ? "5000" : _folder.FullName);
        running.Stop();
        using var target = new LinuxTarget(running.Pid) { ReadsRollup = true };
        Eventually(() => TotalsEqualTheKernels(Capture(target)));
    }

    static void TotalsEqualTheKernels(Snapshot snapshot)
    {
        ulong Ours(Measure m) => Enumerable.Range(0, snapshot.Blocks.Count).Aggregate(0UL, (sum, i) => sum + snapshot.Blocks.Get(m, i));
        var counters = snapshot.Counters;
        Ours(Measure.TotalWs).ShouldBe(counters["rollup.Rss"]);
        Ours(Measure.Uss).ShouldBe(counters["rollup.Private_Clean"] + counters["rollup.Private_Dirty"]);
        Ours(Measure.Swap).ShouldBe(counters["rollup.Swap"]);
        Ours(Measure.Anonymous).ShouldBe(counters["rollup.Anonymous"]);
        Ours(Measure.Referenced).ShouldBe(counters["rollup.Referenced"]);
        Ours(Measure.Ksm).ShouldBe(counters["rollup.KSM"]);
        Ours(Measure.LazyFree).ShouldBe(counters["rollup.LazyFree"]);
        Ours(Measure.SharedWs).ShouldBe(counters["rollup.Shared_Clean"] + counters["rollup.Shared_Dirty"]);
        var rounding = (ulong)snapshot.Blocks.Count << 10;
        Ours(Measure.Pss).ShouldBeInRange(counters["rollup.Pss"] - Math.Min(rounding, counters["rollup.Pss"]), counters["rollup.Pss"]);
        snapshot.PageTables.ShouldBe(new ByteSize(counters["VmPTE"]));
        var vsyscall = snapshot.Blocks.Starts[^1] > long.MaxValue ? 4096UL : 0; // no mapping of the process
        (Ours(Measure.Size) - vsyscall).ShouldBe(counters["VmSize"]);
        Laws.Check(snapshot).ShouldBeEmpty();
    }

    [Fact]
    public void Every_row_equals_pmap()
    {
        if (!File.Exists("/usr/bin/pmap"))
            Assert.Skip("pmap is not installed (Debian package procps)");
        using var running = TestTarget.Start("zoo_kinds", _folder.FullName);
        running.Stop();
        using var target = new LinuxTarget(running.Pid);
        Eventually(() => RowsEqualPmap(Capture(target), running.Pid)); // lazily freed pages may be taken away in between
    }

    static void RowsEqualPmap(Snapshot snapshot, int pid)
    {
        using var pmap = Process.Start(new ProcessStartInfo("/usr/bin/pmap", ["-XX", pid.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardOutput = true,
        })!;
        var lines = pmap.StandardOutput.ReadToEnd().Split('\n').Skip(1).ToArray();
        pmap.WaitForExit();
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
    }

    [Fact]
    public void Pages_of_every_mapping_equal_smaps()
    {
        using var running = TestTarget.Start("zoo_kinds", _folder.FullName);
        running.Stop();
        using var target = new LinuxTarget(running.Pid);
        var (mappings, strings) = (new BlockTable(), new StringTable());
        Eventually(() =>
        {
            mappings.Clear();
            target.ReadMappings(mappings, strings, []);
            PagesEqual(target, mappings, strings);
        });
    }

    static void PagesEqual(LinuxTarget target, BlockTable mappings, StringTable strings)
    {
        for (var i = 0; i < mappings.Count && mappings.Starts[i] < long.MaxValue; i++)
        {
            target.TryTally(mappings.Range(i), out var tally).ShouldBeTrue();
            var what = $"{mappings.Range(i)} {strings[mappings.Names[i]]}";
            tally.Resident.ShouldBe(mappings.Get(Measure.TotalWs, i), what);
            tally.Anonymous.ShouldBe(mappings.Get(Measure.Anonymous, i), what);
            tally.Exclusive.ShouldBe(mappings.Get(Measure.Uss, i), what);
            tally.AnonymousExclusive.ShouldBe(mappings.Get(Measure.PrivateWs, i), what);
            if (mappings.Protections[i].IsShared() is false)
                tally.Swapped.ShouldBe(mappings.Get(Measure.Swap, i), what);
        }
    }

    [Fact]
    public void Private_ws_of_a_file_mapping_with_both_kinds_is_exact()
    {
        using var running = TestTarget.Start("reader_mixed");
        running.Stop();
        using var target = new LinuxTarget(running.Pid);
        var snapshot = Capture(target);
        var block = snapshot.Blocks.IndexOf(new Address(running.Address("mixed")));
        var alone = ulong.Parse(running.Said["alone"].Single(), CultureInfo.InvariantCulture);
        snapshot.Blocks.Get(Measure.PrivateWs, block).ShouldBe(alone);
        // The sums alone would have allowed more: that is why the pages are asked.
        Math.Min(snapshot.Blocks.Get(Measure.Anonymous, block), snapshot.Blocks.Get(Measure.Uss, block)).ShouldBeGreaterThan(alone);
    }

    [Fact]
    public void A_deleted_file_loses_the_suffix_and_keeps_the_fact()
    {
        using var running = TestTarget.Start("reader_mixed");
        running.Stop();
        using var target = new LinuxTarget(running.Pid);
        var snapshot = Capture(target);
        var block = snapshot.BlockAt(snapshot.Blocks.IndexOf(new Address(running.Address("mixed"))));
        block.Name.ShouldStartWith("/tmp/vmatlas-mixed-");
        block.Name.ShouldNotContain("deleted");
        block.Facts.HasFlag(BlockFlags.Deleted).ShouldBeTrue();
    }

    [Fact]
    public void A_target_that_maps_and_unmaps_all_the_time_obeys_the_laws()
    {
        using var running = TestTarget.Start("reader_churn", "2", "300");
        using var target = new LinuxTarget(running.Pid);
        var pipeline = new CapturePipeline(target, []);
        var first = running.Address("first");
        for (var round = 0; round < 60; round++)
        {
            var snapshot = pipeline.Capture();
            Laws.Check(snapshot).ShouldBeEmpty();
            for (var anchor = 0UL; anchor < 300; anchor++)
            {
                var block = snapshot.Blocks.IndexOf(new Address(first + anchor * 8192));
                block.ShouldBeGreaterThanOrEqualTo(0);
                snapshot.Blocks.Get(Measure.TotalWs, block).ShouldBeGreaterThanOrEqualTo(4096UL);
            }
        }
    }
}
