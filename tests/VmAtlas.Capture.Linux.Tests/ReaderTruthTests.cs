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
        KernelTruth.Eventually(() => KernelTruth.TotalsEqualTheKernels(Capture(target)));
    }

    [Fact]
    public void Every_row_equals_pmap()
    {
        if (!File.Exists("/usr/bin/pmap"))
            Assert.Skip("pmap is not installed (Debian package procps)");
        using var running = TestTarget.Start("zoo_kinds", _folder.FullName);
        running.Stop();
        using var target = new LinuxTarget(running.Pid);
        KernelTruth.Eventually(() => KernelTruth.RowsEqualPmap(Capture(target), running.Pid)); // lazily freed pages may be taken away in between
    }

    [Fact]
    public void Pages_of_every_mapping_equal_smaps()
    {
        using var running = TestTarget.Start("zoo_kinds", _folder.FullName);
        running.Stop();
        using var target = new LinuxTarget(running.Pid);
        var (mappings, strings) = (new BlockTable(), new StringTable());
        KernelTruth.Eventually(() =>
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
