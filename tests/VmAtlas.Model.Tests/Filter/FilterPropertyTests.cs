using VmAtlas.Testing;

namespace VmAtlas.Model.Tests;

/// <summary>The filter, which works by columns, against comparing row by row.</summary>
public sealed class FilterPropertyTests
{
    [Theory]
    [InlineData(RowLevel.Region)]
    [InlineData(RowLevel.Block)]
    public void Numbers_compare_as_numbers_do(RowLevel level)
    {
        var random = new Random(3);
        for (var n = 0; n < 300; n++)
        {
            var snapshot = Snapshots.Random(n % 10, regions: 30).Make();
            var rows = new SnapshotRows(snapshot, level);
            var column = Columns.All.OfType<NumberColumn>().Where(c => !c.OfBlocks).ElementAt(random.Next(20));
            var limit = column.Get(rows, random.Next(rows.Count));
            var (sign, fits) = ((string, Func<ulong, bool>)[])
            [
                ("=", v => v == limit), ("!=", v => v != limit), ("<", v => v < limit),
                ("<=", v => v <= limit), (">", v => v > limit), (">=", v => v >= limit),
            ] is var signs ? signs[random.Next(6)] : default;
            var expected = Enumerable.Range(0, rows.Count).Where(i => fits(column.Get(rows, i))).ToArray();
            FilterExpression.Parse($"{column.Key} {sign} {column.Format(limit)}").Select(rows).ShouldBe(expected, $"{column.Key} {sign} {limit}");
        }
    }

    [Theory]
    [InlineData("label = .s1")]
    [InlineData("name ~ lib1")]
    [InlineData("inode = 2")]
    [InlineData("offset = 0")]
    public void A_region_fits_by_its_blocks_when_one_of_them_does(string filter)
    {
        var snapshot = Snapshots.Random(5, regions: 60).Make();
        var blocks = FilterExpression.Parse(filter).Select(new SnapshotRows(snapshot, RowLevel.Block)).Select(b => snapshot.Blocks.Regions[b]).ToHashSet();
        var regions = new SnapshotRows(snapshot, RowLevel.Region);
        FilterExpression.Parse(filter).Select(regions).ShouldBe(blocks.Order());
        var opposite = filter.Replace(" = ", " != ").Replace(" ~ ", " !~ ");
        FilterExpression.Parse(opposite).Select(regions).ShouldBe(Enumerable.Range(0, regions.Count).Except(blocks).ToArray());
    }

    [Fact]
    public void A_percentage_is_of_the_total_of_the_process()
    {
        var snapshot = Snapshots.Random(6, regions: 60).Make();
        var rows = new SnapshotRows(snapshot, RowLevel.Region);
        var total = snapshot.Summary.Total.Measures[Measure.TotalWs];
        FilterExpression.Parse("rss > 2.5%").Select(rows)
            .ShouldBe(Enumerable.Range(0, rows.Count).Where(r => snapshot.RegionAt(r).Get(Measure.TotalWs) > total * 0.025m).ToArray());
    }
}
