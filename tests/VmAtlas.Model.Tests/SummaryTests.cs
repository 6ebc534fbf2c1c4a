using VmAtlas.Testing;

namespace VmAtlas.Model.Tests;

public sealed class SummaryTests
{
    const ulong K = 1024, M = 1024 * K;

    readonly Snapshot _sample = Snapshots.Sample().Make();

    [Fact]
    public void A_type_is_the_sum_of_its_regions()
    {
        var heap = _sample.Summary[MemoryType.Heap];
        heap.Measures[Measure.Size].ShouldBe(132 * K + 64 * M);
        heap.Measures[Measure.Committed].ShouldBe(132 * K + 1 * M);
        heap.Measures[Measure.TotalWs].ShouldBe(400 * K);
        heap.Measures[Measure.Swap].ShouldBe(8 * K);
        (heap.Regions, heap.Blocks, heap.Largest).ShouldBe((2, 3L, 64 * M));
        _sample.Summary[MemoryType.Image].Regions.ShouldBe(3);
    }

    [Fact]
    public void Page_tables_count_in_five_columns_and_have_no_blocks()
    {
        var row = _sample.Summary[MemoryType.PageTable];
        foreach (var measure in (Measure[])[Measure.Size, Measure.Committed, Measure.Private, Measure.TotalWs, Measure.PrivateWs])
            row.Measures[measure].ShouldBe(0x24000UL);
        row.Measures.Has(Measure.Pss).ShouldBeFalse();
        row.Measures.Has(Measure.ShareableWs).ShouldBeFalse();
        (row.Blocks, row.Largest).ShouldBe((null, null));
    }

    [Fact]
    public void Total_is_every_type_but_free()
    {
        var sum = _sample.Summary.Rows.Where(r => r.Type is not (null or MemoryType.Free)).Aggregate(0UL, (s, r) => s + r.Measures[Measure.Size]);
        _sample.Summary.Total.Measures[Measure.Size].ShouldBe(sum);
        var free = _sample.Summary[MemoryType.Free].Measures[Measure.Size];
        (sum - 0x24000 + free).ShouldBe(_sample.Layout.End.Value);
        _sample.Summary.Total.Largest.ShouldBeNull();
        _sample.Summary.Total.Blocks.ShouldBe(18);
    }

    [Fact]
    public void Unusable_is_below_the_lowest_address_and_below_a_growing_stack()
    {
        var row = _sample.Summary[MemoryType.Unusable];
        row.Measures[Measure.Size].ShouldBe(0x10000 + 0x100000UL);
        row.Largest.ShouldBe(0x100000UL);
        row.Blocks.ShouldBeNull();
    }

    [Fact]
    public void What_the_target_does_not_tell_is_absent_in_every_row()
    {
        var poor = new SnapshotMaker { Known = [], PageTables = new ByteSize(4096) }.Add(MemoryType.Heap, "", new BlockSpec(0x20000, 4096)).MakeUnchecked();
        foreach (var row in poor.Summary.Rows)
            row.Measures.Has(Measure.TotalWs).ShouldBeFalse();
        poor.Summary.Total.Measures[Measure.Size].ShouldBe(0x10000UL + 2 * 4096);
    }

    [Fact]
    public void A_process_without_mappings_has_a_summary_of_nothing()
    {
        var empty = new SnapshotMaker { PageTables = null }.Make();
        empty.Summary.Total.Measures[Measure.TotalWs].ShouldBe(0UL);
        empty.Summary[MemoryType.Free].Largest.ShouldBe(0x7ffffffff000UL - 0x10000);
        empty.Summary[MemoryType.PageTable].Measures.Has(Measure.Size).ShouldBeFalse();
    }
}
