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
            var home = table.Home(address);
            if (random.Next(5) < (i % 10_000 < 6_000 ? 3 : 1))
                Put(table, truth, address, home, (ulong)i);
            else
                TakeOut(table, truth, address, home);
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
        Unsafe.IsNullRef(ref table.Find(0, table.Home(0))).ShouldBeTrue();
    }

    static unsafe void Put(LiveBlocks table, Dictionary<ulong, ulong> truth, ulong address, uint home, ulong size)
    {
        var quick = table.TakeAtHome(address, home);
        var isNew = quick != null;
        ref var slot = ref isNew ? ref *quick : ref table.Take(address, home, out isNew);
        isNew.ShouldBe(!truth.ContainsKey(address));
        (slot.Address == 0).ShouldBe(isNew);
        (slot.Address, slot.Size) = (address, size);
        truth[address] = size;
    }

    static unsafe void TakeOut(LiveBlocks table, Dictionary<ulong, ulong> truth, ulong address, uint home)
    {
        var quick = table.FindAtHome(address, home);
        ref var slot = ref quick != null ? ref *quick : ref table.Find(address, home);
        var isThere = truth.Remove(address, out var size);
        Unsafe.IsNullRef(ref slot).ShouldBe(!isThere);
        if (!isThere)
            return;
        slot.Size.ShouldBe(size);
        if (quick != null)
            table.RemoveAtHome(quick);
        else
            table.Remove(ref slot, home);
    }
}
