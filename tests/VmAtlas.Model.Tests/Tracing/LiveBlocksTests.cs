using System.Runtime.CompilerServices;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Model.Tests.Tracing;

public sealed class LiveBlocksTests
{
    /// <param name="step">Between addresses: neighbours, pages, odd ones, and many that share a bucket.</param>
    [Theory]
    [InlineData(1, 16UL, 50)]
    [InlineData(2, 16UL, 20_000)]
    [InlineData(3, 4096UL, 20_000)]
    [InlineData(4, 1UL, 3_000)]
    [InlineData(5, 1UL << 44, 700)]
    public void The_table_holds_what_a_dictionary_holds(int seed, ulong step, int addresses)
    {
        var (random, table, truth) = (new Random(seed), new LiveBlocks(), new Dictionary<ulong, ulong>());
        for (var i = 0; i < 40_000; i++)
        {
            // It fills, empties and fills again.
            var address = step * (ulong)random.Next(1, i % 8_000 < 4_000 ? addresses : addresses / 10 + 1);
            table.Reserve(1);
            if (random.Next(5) < (i % 10_000 < 6_000 ? 3 : 1))
                Put(table, truth, address, (ulong)i);
            else
                TakeOut(table, truth, address);
            table.Count.ShouldBe(truth.Count);
        }
        table.ToArray().ToDictionary(b => b.Address, b => b.Size).ShouldBe(truth, ignoreOrder: true);
        foreach (var (address, size) in truth)
            (table.TryGet(address, out var block) ? block.Size : 0).ShouldBe(size);
    }

    [Fact]
    public void There_is_no_block_at_address_0()
    {
        var table = new LiveBlocks();
        table.TryGet(0, out _).ShouldBeFalse();
        Unsafe.IsNullRef(ref table.Find(0)).ShouldBeTrue();
    }

    /// <summary>There is no usual place for a block at address 0: neither where every bucket is empty, nor to give it back.</summary>
    [Fact]
    public unsafe void Address_0_is_never_usual()
    {
        var table = new LiveBlocks();
        LiveBlocks.IsUsual(table.Bucket(0), 0, freed: 0, out _).ShouldBeFalse();
        LiveBlocks.IsUsual(table.Bucket(0), 0, freed: ulong.MaxValue, out _).ShouldBeFalse();
    }

    static unsafe void Put(LiveBlocks table, Dictionary<ulong, ulong> truth, ulong address, ulong size)
    {
        var isNew = LiveBlocks.IsUsual(table.Bucket(address), address, freed: 0, out var usual);
        table.Changed(isNew ? 1 : 0);
        ref var slot = ref isNew ? ref *usual : ref table.Take(address, out isNew);
        isNew.ShouldBe(!truth.ContainsKey(address));
        (slot.Address == 0).ShouldBe(isNew);
        (slot.Address, slot.Size) = (address, size);
        truth[address] = size;
    }

    static unsafe void TakeOut(LiveBlocks table, Dictionary<ulong, ulong> truth, ulong address)
    {
        var isUsual = LiveBlocks.IsUsual(table.Bucket(address), address, freed: ulong.MaxValue, out var usual);
        ref var slot = ref isUsual ? ref *usual : ref table.Find(address);
        var isThere = truth.Remove(address, out var size);
        Unsafe.IsNullRef(ref slot).ShouldBe(!isThere);
        if (!isThere)
            return;
        slot.Size.ShouldBe(size);
        if (isUsual)
            slot.Address = 0;
        else
            table.Remove(ref slot);
        table.Changed(isUsual ? -1 : 0);
    }
}
