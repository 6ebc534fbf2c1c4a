using VmAtlas.Testing;

namespace VmAtlas.Model.Tests;

public sealed class FragmentationTests
{
    const ulong K = 1024, M = 1024 * K;

    /// <summary>Free: 0x10000–0x20000 (64K), 0x21000–0x22000 (4K), 0x23000–0x28000 (20K), 0x30000–0x100000 (832K).</summary>
    readonly Fragmentation _small = Fragmentation.Of(Small());

    [Fact]
    public void Holes_are_counted_by_powers_of_two()
    {
        _small.Holes.ShouldBe(
        [
            new HoleClass(4 * K, 1, 4 * K, 4 * K), new HoleClass(16 * K, 1, 20 * K, 20 * K), new HoleClass(64 * K, 1, 64 * K, 64 * K),
            new HoleClass(512 * K, 1, 832 * K, 832 * K),
        ]);
        (_small.Count, _small.FreeBytes, _small.Largest).ShouldBe((4, 920 * K, 832 * K));
    }

    [Fact]
    public void The_index_is_one_less_the_largest_hole_s_part()
    {
        _small.Index.ShouldBe(1 - (832.0 / 920));
        var full = new SnapshotMaker { Layout = new(new Address(0), new Address(0x10000), new ByteSize(0)) }
            .Add(MemoryType.Heap, "", new BlockSpec(0, 0x10000)).Make();
        Fragmentation.Of(full).Index.ShouldBe(0);
        Fragmentation.Of(full).LargestFit(new ByteSize(4096)).IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void The_largest_allocation_that_fits_is_aligned()
    {
        _small.LargestFit(new ByteSize(4 * K)).ShouldBe(AddressRange.Of(0x30000, 0x100000));
        _small.LargestFit(new ByteSize(512 * K)).ShouldBe(AddressRange.Of(0x80000, 0x100000));
        _small.LargestFit(new ByteSize(1 * M)).IsEmpty.ShouldBeTrue();
        Should.Throw<ArgumentException>(() => _small.LargestFit(new ByteSize(3000)));
    }

    [Fact]
    public void Each_type_tells_how_much_of_what_it_reserved_is_used()
    {
        var uses = Fragmentation.Of(Snapshots.Sample().Make()).Uses;
        var heap = uses.Single(u => u.Type == MemoryType.Heap);
        heap.ShouldBe(new TypeUse(MemoryType.Heap, 132 * K + 64 * M, 132 * K + 1 * M, 400 * K));
        heap.ResidentShare!.Value.ShouldBe(400.0 / (132 + 65536), 1e-12);
        uses[0].Type.ShouldBeNull();
        uses[0].Size.ShouldBe(uses.Skip(1).Aggregate(0UL, (sum, u) => sum + u.Size));
        Fragmentation.Of(new SnapshotMaker { Known = [] }.Add(MemoryType.Heap, "", new BlockSpec(0x20000, 4096)).MakeUnchecked())
            .Uses[1].ShouldBe(new TypeUse(MemoryType.Heap, 4096, null, null));
    }

    static Snapshot Small() => new SnapshotMaker { Layout = new(new Address(0x10000), new Address(0x100000), new ByteSize(0)) }
        .Add(MemoryType.Heap, "", new BlockSpec(0x20000, 0x1000))
        .Add(MemoryType.Heap, "", new BlockSpec(0x22000, 0x1000))
        .Add(MemoryType.PrivateData, "", new BlockSpec(0x28000, 0x8000))
        .Make();
}
