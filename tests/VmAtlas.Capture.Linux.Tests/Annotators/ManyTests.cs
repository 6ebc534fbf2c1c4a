using System.Globalization;
using VmAtlas.Capture.Linux.Annotators;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Annotators;

/// <summary>Very many mappings, and memory shared by copy on write.</summary>
public sealed class ManyTests
{
    const ulong M = 1 << 20, Moving = 64 << 10;

    [Theory]
    [InlineData("anonymous", MemoryType.PrivateData, 65000)]
    [InlineData("untouched", MemoryType.PrivateData, 65000)]
    [InlineData("file", MemoryType.Shareable, 1)]
    [InlineData("reserved", MemoryType.PrivateData, 1)]
    public void Sixty_five_thousand_mappings_are_what_they_are(string kind, MemoryType type, int regions)
    {
        using var target = TestTarget.Start("zoo_mappings", "65000", kind);
        var snapshot = Zoo.Capture(target);
        var range = target.Range("mappings");
        var found = snapshot.RegionsOf(type).Where(r => range.Contains(r.Range())).ToList();
        found.Count.ShouldBe(regions);
        found.Aggregate(0UL, (sum, r) => sum + r.Get(Measure.Size)).ShouldBe(range.Size.Bytes);
        found.Sum(r => r.MappingCount).ShouldBe(65000);
    }

    [Fact]
    public void A_second_snapshot_of_the_same_pipeline_knows_all_that_the_first_did()
    {
        using var started = TestTarget.Start("zoo_mappings", "64", "anonymous");
        using var target = new LinuxTarget(started.Pid);
        var pipeline = new CapturePipeline(target, LinuxAnnotators.All);
        var (first, second) = (pipeline.Capture(), pipeline.Capture());
        Laws.Check(second).ShouldBeEmpty();
        Enum.GetValues<Measure>().Where(second.Has).ShouldBe(Enum.GetValues<Measure>().Where(first.Has));
        second.Summary.Total.Measures[Measure.Committed].ShouldBe(first.Summary.Total.Measures[Measure.Committed]);
    }

    [Fact]
    public void Copies_on_write_are_private_and_the_rest_is_shareable()
    {
        using var target = TestTarget.Start("zoo_fork");
        var range = target.Range("memory");
        foreach (var pid in (int[])[target.Pid, int.Parse(target.Said["child"].Single(), CultureInfo.InvariantCulture)])
        {
            // A page that the kernel moves at this moment, to make room for huge pages, counts as private in smaps: some are let pass.
            KernelTruth.Eventually(() =>
            {
                var region = Zoo.Capture(pid).RegionOf(range);
                region.Range().ShouldBe(range);
                region.Get(Measure.TotalWs).ShouldBe(16 * M);
                region.Get(Measure.PrivateWs).ShouldBeInRange(4 * M, (4 * M) + Moving);
                region.Get(Measure.SharedWs).ShouldBeInRange((12 * M) - Moving, 12 * M);
                region.Get(Measure.Pss).ShouldBeInRange(10 * M, (10 * M) + Moving);
            });
        }
    }
}
