using VmAtlas.Testing;

namespace VmAtlas.Model.Tests;

public sealed class AddressMapTests
{
    [Fact]
    public void Gaps_longer_than_a_cell_are_one_cell()
    {
        var snapshot = new SnapshotMaker { Layout = new(new Address(0), new Address(0x100000), new ByteSize(0)) }
            .Add(MemoryType.Heap, "", new BlockSpec(0x20000, 0x4000) { Resident = 0x2000 })
            .Add(MemoryType.Stack, "", new BlockSpec(0x80000, 0x2000)).Make();
        var map = AddressMap.Of(snapshot, cells: 9);
        map.CellBytes.ShouldBe(0x1000UL);
        map.Cells.Select(c => (c.Range.Start.Value, c.Type, c.IsFolded)).ShouldBe(
        [
            (0UL, MemoryType.Free, true),
            (0x20000UL, MemoryType.Heap, false), (0x21000UL, MemoryType.Heap, false), (0x22000UL, MemoryType.Heap, false), (0x23000UL, MemoryType.Heap, false),
            (0x24000UL, MemoryType.Free, true),
            (0x80000UL, MemoryType.Stack, false), (0x81000UL, MemoryType.Stack, false),
            (0x82000UL, MemoryType.Free, true),
        ]);
        map.Cells[1].ResidentShare.ShouldBe(0.5);
        map.Cells[0].MappedShare.ShouldBe(0);
    }

    [Fact]
    public void Reserved_memory_with_nothing_in_it_folds_and_keeps_its_type()
    {
        var snapshot = new SnapshotMaker().Add(MemoryType.ManagedHeap, "GC",
            new BlockSpec(0x100000000, 0x100000) { Resident = 0x100000 },
            new BlockSpec(0x100100000, 0x4000000000) { Access = "---p" }).Make();
        var map = AddressMap.Of(snapshot, cells: 20);
        var fold = map.Cells.Single(c => c.IsFolded && c.Type == MemoryType.ManagedHeap);
        fold.Range.Size.Bytes.ShouldBe(0x4000000000UL);
        fold.MappedShare.ShouldBe(1);
        map.Cells.Count(c => !c.IsFolded && c.Type == MemoryType.ManagedHeap).ShouldBeGreaterThan(10);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(80)]
    [InlineData(1000)]
    public void Cells_cover_the_whole_space_without_a_hole_and_are_never_too_many(int cells)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var snapshot = Snapshots.Random(seed, regions: 60).Make();
            var map = AddressMap.Of(snapshot, cells);
            map.Cells.Count.ShouldBeInRange(1, cells);
            map.Cells[0].Range.Start.ShouldBe(Address.Zero);
            map.Cells[^1].Range.End.ShouldBe(snapshot.Layout.End);
            for (var i = 1; i < map.Cells.Count; i++)
                map.Cells[i].Range.Start.ShouldBe(map.Cells[i - 1].Range.End);
            var mapped = map.Cells.Aggregate(0UL, (sum, c) => sum + c.Mapped);
            mapped.ShouldBe(Fragmentation.Of(snapshot).Uses[0].Size);
        }
    }

    [Fact]
    public void A_window_shows_its_part_only()
    {
        var snapshot = Snapshots.Sample().Make();
        var window = AddressRange.Of(0x7ffff7c00000, 0x7ffff7e10000);
        var map = AddressMap.Of(snapshot, window, cells: 64);
        (map.Cells[0].Range.Start, map.Cells[^1].Range.End).ShouldBe((window.Start, window.End));
        map.Cells.ShouldContain(c => c.Type == MemoryType.MappedFile);
        map.Cells.ShouldNotContain(c => c.Type == MemoryType.Heap);
        AddressMap.Of(snapshot, AddressRange.Of(5, 5), cells: 64).Cells.ShouldBeEmpty();
        Should.Throw<ArgumentOutOfRangeException>(() => AddressMap.Of(snapshot, 0));
    }

    [Fact]
    public void What_lies_above_user_space_is_drawn_too()
    {
        var snapshot = new SnapshotMaker().Add(MemoryType.Image, "[vsyscall]", new BlockSpec(0xffffffffff600000, 4096)).Make();
        AddressMap.Of(snapshot, cells: 1).Cells.ShouldHaveSingleItem().Range.End.Value.ShouldBe(0xffffffffff601000);
        AddressMap.Of(snapshot, cells: 2).Cells.Count.ShouldBeLessThanOrEqualTo(2);
        var map = AddressMap.Of(snapshot, cells: 8);
        map.Cells[^1].Type.ShouldBe(MemoryType.Image);
        map.Cells[^2].Type.ShouldBe(MemoryType.Unusable);
    }
}
