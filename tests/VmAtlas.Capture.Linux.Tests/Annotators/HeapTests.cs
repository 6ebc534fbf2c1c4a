using System.Globalization;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Annotators;

public sealed class HeapTests
{
    [Fact]
    public void Blocks_of_malloc_lie_in_heaps()
    {
        using var target = TestTarget.Start("zoo_heaps");
        var snapshot = Zoo.Capture(target);

        var small = snapshot.RegionOf(target.Range("break-block"));
        (small.Type, small.Details).ShouldBe((MemoryType.Heap, "[heap]"));

        var arenas = new HashSet<string?>();
        foreach (var range in target.Ranges("arena-block"))
        {
            var region = snapshot.RegionOf(range);
            region.Type.ShouldBe(MemoryType.Heap);
            region.Details.ShouldStartWith("arena ");
            region.Range().Contains(range).ShouldBeTrue();
            region.Get(Measure.Size).ShouldBe(64UL << 20, "a heap is 64 MiB with what is reserved");
            arenas.Add(region.Fact("arena"));
        }
        arenas.Count.ShouldBe(4);
        snapshot.RegionsOf(MemoryType.Heap).Count(r => r.Details.EndsWith(", heap 3", StringComparison.Ordinal)).ShouldBe(1, "one arena has 150 MiB");
    }

    [Fact]
    public void Large_blocks_are_heaps_and_neighbours_one_region()
    {
        using var target = TestTarget.Start("zoo_heaps");
        var snapshot = Zoo.Capture(target);
        var regions = target.Ranges("mapped-block").Select(range =>
        {
            var region = snapshot.RegionOf(range);
            region.Type.ShouldBe(MemoryType.Heap);
            region.Range().Contains(range).ShouldBeTrue();
            return region;
        }).DistinctBy(r => r.Index).ToList();
        // The kernel puts the blocks side by side where it can: so many regions as it made runs, but no block counted twice.
        regions.Sum(r => int.Parse(r.Fact("chunks")!, CultureInfo.InvariantCulture)).ShouldBe(6);
        regions.Sum(r => (long)r.Get(Measure.Size)).ShouldBe(5 * ((1 << 20) + 4096) + (304 << 10));
        regions.Count.ShouldBeLessThan(6);
    }

    [Fact]
    public void Memory_that_is_not_mallocs_is_not_a_heap()
    {
        using var target = TestTarget.Start("zoo_mappings", "64", "anonymous");
        Zoo.Capture(target).RegionOf(target.Range("mappings")).Type.ShouldBe(MemoryType.PrivateData);
    }
}
