using VmAtlas.Model.Heaps;

namespace VmAtlas.Model.Tests.Heaps;

public sealed class SizeHistogramTests
{
    [Fact]
    public void Classes_hold_what_the_exact_sizes_hold()
    {
        var sizes = new SizeHistogram();
        sizes.AddUsed(48, 3);
        sizes.AddUsed(32);
        sizes.AddFree(1 << 20, 2);
        sizes.MoveToFree(48, 1).ShouldBe(1UL);
        sizes.MoveToFree(4096, 2).ShouldBe(0UL, "there is none of that size");
        sizes.Rows.ShouldBe([new(32, 1, 0), new(48, 2, 1), new(1 << 20, 0, 2)]);
        sizes.Classes().ShouldBe(
        [
            new(32, 63, new ChunkCount(3, 128), new ChunkCount(1, 48)),
            new(1 << 20, (1 << 21) - 1, default, new ChunkCount(2, 2 << 20)),
        ]);
    }

    [Theory]
    [InlineData(SizeHistogram.MaxLargeSizes, 0)]
    [InlineData(SizeHistogram.MaxLargeSizes + 1000, 1)]
    public void A_target_can_not_make_it_grow_without_end(int distinct, int rounded)
    {
        var sizes = new SizeHistogram();
        for (var i = 0; i < distinct; i++)
            sizes.AddUsed((1UL << 30) + 16 * (ulong)i);
        sizes.Rows.Count().ShouldBe(Math.Min(distinct, SizeHistogram.MaxLargeSizes) + rounded);
        sizes.Rows.Aggregate(0UL, (sum, r) => sum + r.Used).ShouldBe((ulong)distinct);
    }

    [Fact]
    public void Growth_is_what_became_clearly_more()
    {
        var (before, after) = (new SizeHistogram(), new SizeHistogram());
        before.AddUsed(64, 1000);
        after.AddUsed(64, 1050); // a twentieth more: the weather
        before.AddUsed(128, 10);
        after.AddUsed(128, 500);
        after.AddUsed(1 << 20, 20);
        before.AddUsed(256, 100);
        HeapGrowth.Between(before, after).ShouldBe([new(1 << 20, 0, 20), new(128, 10, 500)]);
    }
}
