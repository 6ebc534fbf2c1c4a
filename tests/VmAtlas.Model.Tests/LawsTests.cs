using VmAtlas.Testing;

namespace VmAtlas.Model.Tests;

/// <summary>A law that nothing can break says nothing: each test plants one breach and looks for its sentence.</summary>
public sealed class LawsTests
{
    [Theory]
    [InlineData(Measure.Committed, 0x3000UL, "Committed 12288 is more than Size 8192")]
    [InlineData(Measure.Private, 0x2001UL, "Private 8193 is more than Committed 8192")]
    [InlineData(Measure.TotalWs, 0x3000UL, "Total WS 12288 is more than Size 8192")]
    [InlineData(Measure.PrivateWs, 0x1800UL, "Private WS 6144 is more than Total WS 4096")]
    [InlineData(Measure.SharedWs, 0x1000UL, "Shared WS 4096 is more than Shareable WS 0")]
    [InlineData(Measure.Uss, 0x2000UL, "USS 8192 is more than Total WS 4096")]
    [InlineData(Measure.LockedWs, 0x2400UL, "Locked WS 9216 is more than Size 8192")]
    public void A_row_whose_part_is_more_than_its_whole_is_a_breach(Measure measure, ulong bytes, string breach)
    {
        var block = new BlockSpec(0x20000, 0x2000) { Resident = 0x1000, Measures = new Dictionary<Measure, ulong> { [measure] = bytes } };
        Laws.Check(new SnapshotMaker().Add(MemoryType.Heap, "", block).MakeUnchecked()).ShouldContain(b => b.Contains(breach));
    }

    [Fact]
    public void Overlapping_blocks_are_a_breach() =>
        Laws.Check(Two(0x20000, 0x21000).MakeUnchecked()).ShouldHaveSingleItem().ShouldContain("begins before the one before it ends");

    [Fact]
    public void A_block_without_a_region_is_a_breach()
    {
        var snapshot = Two(0x20000, 0x30000).Make();
        snapshot.Blocks.SetRegion(1, 7);
        Laws.Check(snapshot).ShouldContain(b => b.Contains("belongs to no region"));
    }

    [Fact]
    public void A_region_with_a_wrong_span_is_a_breach()
    {
        var snapshot = Two(0x20000, 0x30000).Make();
        snapshot.Regions.SetSpan(1, 1, 2);
        Laws.Check(snapshot).ShouldContain("region 1 has a wrong span of blocks");
        snapshot.Regions.SetSpan(1, 1, 1);
        snapshot.Blocks.SetRegion(1, 0);
        Laws.Check(snapshot).ShouldContain(b => b.Contains("outside the span of its region 0"));
    }

    [Fact]
    public void Facts_out_of_the_order_of_regions_are_a_breach()
    {
        var snapshot = Two(0x20000, 0x30000).Make();
        snapshot.Regions.AddFact(new RegionFact(1, 0, 0));
        Laws.Check(snapshot).ShouldBeEmpty();
        snapshot.Regions.AddFact(new RegionFact(0, 0, 0));
        snapshot.Regions.AddFact(new RegionFact(9, 0, 0));
        Laws.Check(snapshot).ShouldBe(["a fact of region 0 is out of order", "a fact of region 9 is out of order"]);
    }

    [Fact]
    public void A_summary_that_is_not_the_sum_is_a_breach()
    {
        var snapshot = Two(0x20000, 0x30000).Make();
        snapshot.Blocks.Set(Measure.Swap, 0, 4096);
        Laws.Check(snapshot).ShouldContain("Heap Swap 0 is not the sum of its regions 4096");
    }

    [Fact]
    public void A_block_across_the_end_of_user_space_is_a_breach_of_coverage_only_where_it_hides_a_gap()
    {
        Laws.Check(new SnapshotMaker().Add(MemoryType.Image, "[vsyscall]", new BlockSpec(0xffffffffff600000, 4096)).MakeUnchecked()).ShouldBeEmpty();
        Laws.Check(Snapshots.Sample().MakeUnchecked()).ShouldBeEmpty();
    }

    [Fact]
    public void Random_address_spaces_obey_the_laws()
    {
        for (var seed = 0; seed < 50; seed++)
            Laws.Check(Snapshots.Random(seed, regions: 40).MakeUnchecked()).ShouldBeEmpty();
    }

    static SnapshotMaker Two(ulong first, ulong second) => new SnapshotMaker()
        .Add(MemoryType.Heap, "", new BlockSpec(first, 0x2000))
        .Add(MemoryType.Heap, "", new BlockSpec(second, 0x2000));
}
