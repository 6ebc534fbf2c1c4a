using VmAtlas.Testing;

namespace VmAtlas.Model.Tests;

public sealed class ColumnsTests
{
    readonly Snapshot _sample = Snapshots.Sample().Make();

    SnapshotRows Regions => new(_sample, RowLevel.Region);

    SnapshotRows Blocks => new(_sample, RowLevel.Block);

    [Fact]
    public void Every_column_has_a_name_of_its_own_and_an_explanation()
    {
        Columns.All.Select(c => c.Key.ToUpperInvariant()).ShouldBeUnique();
        Columns.All.ShouldAllBe(c => c.Doc.EndsWith('.') || c.Doc.Contains('.'));
        foreach (var column in Columns.All)
        {
            Columns.Find(column.Key).ShouldBeSameAs(column);
            Columns.Find(column.Title).ShouldBeSameAs(column);
            foreach (var alias in column.Aliases)
                Columns.Find(alias).ShouldBeSameAs(column);
        }
    }

    [Fact]
    public void There_is_a_column_for_every_measure_and_it_agrees_with_the_rows()
    {
        foreach (var measure in Enum.GetValues<Measure>())
        {
            var column = Columns.Of(measure);
            Columns.All.ShouldContain(column);
            foreach (var rows in (SnapshotRows[])[Regions, Blocks])
            {
                var all = column.GetAll(rows);
                for (var i = 0; i < rows.Count; i++)
                {
                    var expected = rows.Level == RowLevel.Region ? _sample.RegionAt(i).Get(measure) : _sample.BlockAt(i).Get(measure);
                    all[i].ShouldBe(expected, column.Key);
                    column.Get(rows, i).ShouldBe(expected, column.Key);
                }
            }
        }
    }

    [Theory]
    [InlineData("RSS", "totalWs")]
    [InlineData("total-ws", "totalWs")]
    [InlineData("start", "address")]
    [InlineData("vmflags", "flags")]
    [InlineData("page_size", "pageSize")]
    [InlineData("path", "name")]
    public void Finds_a_column_by_the_names_people_use(string name, string key) => Columns.Find(name).Key.ShouldBe(key);

    [Fact]
    public void A_misspelt_column_is_refused_with_the_nearest_name() =>
        Should.Throw<VmAtlasException>(() => Columns.Find("privat")).Message.ShouldContain("did you mean private?");

    [Fact]
    public void Texts_of_a_region_and_a_block_are_as_files_write_them()
    {
        Row("address").ShouldBe(("0000555555554000", "0000555555554000"));
        Row("end").ShouldBe(("0000555555560000", "0000555555555000"));
        Row("type").ShouldBe(("Image", "Image"));
        Row("size").ShouldBe(("49152", "4096"));
        Row("blocks").ShouldBe(("4", "1"));
        Row("protection").ShouldBe(("rwxp", "r--p"));
        Row("label").ShouldBe(("headers", "headers"));
        Row("device").ShouldBe(("fe:01", "fe:01"));
        Row("annotator").ShouldBe(("Test", "Test"));
        Row("pageSize").ShouldBe(("4096", "4096"));
        Columns.Find("marks").Text(Blocks, _sample.Blocks.IndexOf(new Address(0x7ffff7f00000))).ShouldBe("deleted");

        (string Region, string Block) Row(string key) => (Columns.Find(key).Text(Regions, 0), Columns.Find(key).Text(Blocks, 0));
    }

    [Fact]
    public void What_the_snapshot_does_not_know_the_column_says()
    {
        var poor = new SnapshotMaker { Known = [Measure.TotalWs] }.Add(MemoryType.Heap, "", new BlockSpec(0x20000, 4096)).MakeUnchecked();
        Columns.Of(Measure.Size).IsKnown(poor).ShouldBeTrue();
        Columns.Of(Measure.TotalWs).IsKnown(poor).ShouldBeTrue();
        Columns.Of(Measure.Swap).IsKnown(poor).ShouldBeFalse();
        Columns.Of(Measure.ShareableWs).IsKnown(poor).ShouldBeFalse();
    }
}
