using VmAtlas.Model;

namespace VmAtlas.Capture.Tests;

public sealed class ClaimListTests
{
    const ulong Base = 0x7f0000000000;
    const Protection ReadWrite = Protection.Read | Protection.Write;

    static FakeTarget OneMapping(int pages)
    {
        var target = new FakeTarget();
        target.Add(Base, ReadWrite, new PageState[pages]);
        return target;
    }

    static AddressRange Pages(ulong first, ulong end) => AddressRange.Of(Base + first * FakeTarget.Page, Base + end * FakeTarget.Page);

    static string Draw(Snapshot snapshot) => string.Join(" | ", Enumerable.Range(0, snapshot.Blocks.Count).Select(i => snapshot.BlockAt(i)).Select(b =>
        $"{(b.Range.Start.Value - Base) / FakeTarget.Page}-{(b.Range.End.Value - Base) / FakeTarget.Page} {b.Region.Details} {b.Label}".TrimEnd()));

    [Fact]
    public void The_first_claim_wins_and_a_later_one_gets_what_is_left()
    {
        var snapshot = Scripted.Capture(OneMapping(10), claims =>
        {
            claims.ClaimRange(claims.AddRegion(MemoryType.Stack, "a", "why"), Pages(2, 4));
            claims.ClaimRange(claims.AddRegion(MemoryType.Heap, "b", "why"), Pages(3, 6));
            claims.Claim(claims.AddRegion(MemoryType.Image, "c", "why"), 0);
        });
        Draw(snapshot).ShouldBe("0-2 c | 2-4 a | 4-6 b | 6-10 c");
        snapshot.Regions.Count.ShouldBe(3);
        snapshot.Summary[MemoryType.Image].Measures[Measure.Size].ShouldBe(6 * FakeTarget.Page);
    }

    [Fact]
    public void What_nobody_claims_becomes_one_region_a_piece()
    {
        var snapshot = Scripted.Capture(OneMapping(5), claims => claims.ClaimRange(claims.AddRegion(MemoryType.Stack, "a", "why"), Pages(2, 3)));
        Draw(snapshot).ShouldBe("0-2 | 2-3 a | 3-5");
        snapshot.Regions.Count.ShouldBe(3);
    }

    [Fact]
    public void Labels_cut_their_own_region_only()
    {
        var snapshot = Scripted.Capture(OneMapping(10), claims =>
        {
            claims.ClaimRange(claims.AddRegion(MemoryType.Stack, "a", "why"), Pages(0, 3));
            var b = claims.AddRegion(MemoryType.Heap, "b", "why");
            claims.Claim(b, 0);
            claims.Label(b, Pages(1, 5), "low");
        });
        Draw(snapshot).ShouldBe("0-3 a | 3-5 b low | 5-10 b");
    }

    [Fact]
    public void Labels_do_not_cut_where_blocks_are_not_wanted()
    {
        var target = OneMapping(10);
        var snapshot = Scripted.Capture(target, claims =>
        {
            var a = claims.AddRegion(MemoryType.Image, "a", "why");
            claims.ClaimRange(a, Pages(0, 4));
            claims.Label(a, Pages(1, 2), ".text");
        }, CaptureOptions.Quick);
        Draw(snapshot).ShouldBe("0-4 a | 4-10");
    }

    [Fact]
    public void Neighbours_that_nothing_tells_apart_are_one_block()
    {
        var snapshot = Scripted.Capture(OneMapping(6), claims =>
        {
            var a = claims.AddRegion(MemoryType.Heap, "a", "why");
            foreach (var first in (ulong[])[4, 0, 2, 1, 5, 3])
                claims.ClaimRange(a, Pages(first, first + 1));
        });
        Draw(snapshot).ShouldBe("0-6 a");
        snapshot.BlockAt(0).Facts.ShouldBe(BlockFlags.StartsMapping);
    }

    [Fact]
    public void Odd_addresses_are_widened_to_whole_pages()
    {
        var snapshot = Scripted.Capture(OneMapping(6), claims =>
            claims.ClaimRange(claims.AddRegion(MemoryType.Stack, "a", "why"), AddressRange.Of(Base + 0x1010, Base + 0x2010)));
        Draw(snapshot).ShouldBe("0-1 | 1-3 a | 3-6");
    }

    [Fact]
    public void A_claim_may_reach_over_mappings_and_holes()
    {
        var target = OneMapping(2);
        target.Add(Base + 4 * FakeTarget.Page, Protection.None, new PageState[2]);
        var snapshot = Scripted.Capture(target, claims =>
            claims.ClaimRange(claims.AddRegion(MemoryType.Stack, "a", "why"), Pages(1, 5), "guard", BlockFlags.Guard));
        Draw(snapshot).ShouldBe("0-1 | 1-2 a guard | 4-5 a guard | 5-6");
        snapshot.RegionAt(1).Get(Measure.Size).ShouldBe(2 * FakeTarget.Page);
        snapshot.BlockAt(1).Facts.ShouldBe(BlockFlags.Guard);
    }

    [Fact]
    public void A_region_that_gets_nothing_is_dropped_with_its_facts()
    {
        var snapshot = Scripted.Capture(OneMapping(2), claims =>
        {
            claims.AddFact(claims.AddRegion(MemoryType.Stack, "nothing", "why"), "key", "value");
            var a = claims.AddRegion(MemoryType.Heap, "a", "why");
            claims.AddFact(a, "key", "a's");
            claims.Claim(a, 0);
        });
        snapshot.Regions.Count.ShouldBe(1);
        snapshot.RegionAt(0).Facts.ShouldBe([("key", "a's")]);
    }

    [Fact]
    public void A_note_stays_with_whoever_claims()
    {
        var snapshot = Scripted.Capture(OneMapping(2), claims => claims.Note(0, "holds a stack"));
        snapshot.BlockAt(0).Label.ShouldBe("holds a stack");
    }
}
