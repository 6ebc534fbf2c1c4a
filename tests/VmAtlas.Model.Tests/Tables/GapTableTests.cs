using VmAtlas.Testing;

namespace VmAtlas.Model.Tests;

public sealed class GapTableTests
{
    [Fact]
    public void Every_byte_between_blocks_is_in_one_gap()
    {
        var gaps = new SnapshotMaker { Layout = new(new Address(0x10000), new Address(0x100000), new ByteSize(0x4000)) }
            .Add(MemoryType.PrivateData, "", new BlockSpec(0x20000, 0x1000))
            .Add(MemoryType.Stack, "", new BlockSpec(0x40000, 0x1000) { Flags = "rd wr gd ac" })
            .Add(MemoryType.Stack, "", new BlockSpec(0x42000, 0x1000) { Flags = "rd wr gd ac" })
            .Make().Gaps;
        Enumerable.Range(0, gaps.Count).Select(i => (gaps.Range(i).Start.Value, gaps.Range(i).End.Value, gaps.Type(i))).ShouldBe(
        [
            (0UL, 0x10000UL, MemoryType.Unusable),
            (0x10000UL, 0x20000UL, MemoryType.Free),
            (0x21000UL, 0x3c000UL, MemoryType.Free),
            (0x3c000UL, 0x40000UL, MemoryType.Unusable),
            (0x41000UL, 0x42000UL, MemoryType.Unusable),
            (0x43000UL, 0x100000UL, MemoryType.Free),
        ]);
        gaps.IndexOf(new Address(0x3bfff)).ShouldBe(2);
        gaps.IndexOf(new Address(0x40000)).ShouldBe(-1);
        gaps.IndexOf(new Address(0xfffff)).ShouldBe(5);
        gaps.IndexOf(new Address(0x100000)).ShouldBe(-1);
    }

    [Fact]
    public void A_mapping_below_the_lowest_address_cuts_the_unusable_gap()
    {
        var gaps = new SnapshotMaker().Add(MemoryType.PrivateData, "", new BlockSpec(0x8000, 0x1000)).Make().Gaps;
        (gaps.Range(0), gaps.Type(0)).ShouldBe((AddressRange.Of(0, 0x8000), MemoryType.Unusable));
        (gaps.Range(1), gaps.Type(1)).ShouldBe((AddressRange.Of(0x9000, 0x10000), MemoryType.Unusable));
        (gaps.Range(2).Start.Value, gaps.Type(2)).ShouldBe((0x10000UL, MemoryType.Free));
    }
}
