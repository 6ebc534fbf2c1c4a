namespace VmAtlas.Model.Tests;

public sealed class BlockTableTests
{
    [Fact]
    public void A_measure_is_absent_until_the_source_says_it_knows_it()
    {
        var table = new BlockTable();
        table.Add(0x1000, 0x2000);
        table.Has(Measure.Size).ShouldBeTrue();
        table.Has(Measure.Swap).ShouldBeFalse();
        table.MarkPresent(Measure.Swap);
        table.Has(Measure.Swap).ShouldBeTrue();
        table.Column(Measure.Swap).IsEmpty.ShouldBeTrue();
        table.Get(Measure.Swap, 0).ShouldBe(0UL);
        table.Clear();
        (table.Count, table.Has(Measure.Swap)).ShouldBe((0, false));
    }

    [Fact]
    public void A_cleared_table_has_no_rests_of_what_it_held()
    {
        var table = new BlockTable();
        table.Set(Measure.Pss, table.Add(0x1000, 0x2000), 42);
        table.SetLabel(0, 5);
        table.SetFile(0, 1, 2, 3);
        table.Clear();
        table.Add(0x5000, 0x6000);
        table.Get(Measure.Pss, 0).ShouldBe(0UL);
        (table.Labels[0], table.Inodes[0], table.Regions[0], table.PageShifts[0]).ShouldBe((0, 0UL, -1, (byte)12));
    }

    [Fact]
    public void Finds_the_block_of_an_address_or_none()
    {
        var table = Rows((0x1000, 0x3000), (0x3000, 0x4000), (0x8000, 0x9000));
        Find(0xfff).ShouldBe(-1);
        Find(0x1000).ShouldBe(0);
        Find(0x2fff).ShouldBe(0);
        Find(0x3000).ShouldBe(1);
        Find(0x4000).ShouldBe(-1);
        Find(0x8fff).ShouldBe(2);
        Find(0x9000).ShouldBe(-1);

        int Find(ulong address) => table.IndexOf(new Address(address));
    }

    [Fact]
    public void Rows_of_another_table_come_over_whole()
    {
        var from = Rows((0x1000, 0x2000), (0x2000, 0x5000), (0x6000, 0x7000));
        from.Set(Measure.TotalWs, 1, 0x3000);
        from.Set(Measure.PrivateWs, 1, 0x1000);
        from.SetProtection(2, Protection.Execute);
        from.MarkPresent(Measure.TotalWs);
        var to = Rows((0x100, 0x200));
        to.AddRows(from, 1, 2);
        to.Count.ShouldBe(3);
        to.Range(1).ShouldBe(AddressRange.Of(0x2000, 0x5000));
        to.Get(Measure.ShareableWs, 1).ShouldBe(0x2000UL);
        to.Get(Measure.Size, 2).ShouldBe(0x1000UL);
        to.Protections[2].ShouldBe(Protection.Execute);
        to.Has(Measure.TotalWs).ShouldBeTrue();
        var column = new ulong[3];
        to.CopyTo(Measure.ShareableWs, column);
        column.ShouldBe([0UL, 0x2000UL, 0UL]);
        to.CopyTo(Measure.Size, column);
        column.ShouldBe([0x100UL, 0x3000UL, 0x1000UL]);
    }

    [Fact]
    public void A_row_costs_at_most_200_bytes()
    {
        var table = new BlockTable(1000);
        for (var i = 0; i < 1000; i++)
            table.Set(Measure.TotalWs, table.Add((ulong)i << 12, (ulong)(i + 1) << 12), 4096);
        (table.BytesHeld / 1000).ShouldBeLessThanOrEqualTo(200);
    }

    static BlockTable Rows(params (ulong Start, ulong End)[] ranges)
    {
        var table = new BlockTable();
        foreach (var (start, end) in ranges)
            table.Add(start, end);
        return table;
    }
}
