using VmAtlas.Testing;

namespace VmAtlas.Model.Tests;

public sealed class RowSortTests
{
    readonly Snapshot _snapshot = Snapshots.Random(seed: 7, regions: 300).Make();

    [Theory]
    [InlineData(RowLevel.Region, false)]
    [InlineData(RowLevel.Region, true)]
    [InlineData(RowLevel.Block, false)]
    [InlineData(RowLevel.Block, true)]
    public void Every_column_orders_rows_as_a_plain_stable_sort_does(RowLevel level, bool descending)
    {
        var rows = new SnapshotRows(_snapshot, level);
        foreach (var column in Columns.All)
        {
            var keys = Enumerable.Range(0, rows.Count).Select(i => Key(column, rows, i)).ToArray();
            var all = Enumerable.Range(0, rows.Count);
            var comparer = Comparer<object>.Create((a, b) => a is string x ? string.CompareOrdinal(x, (string)b) : ((ulong)a).CompareTo((ulong)b));
            var expected = descending ? all.OrderByDescending(i => keys[i], comparer) : all.OrderBy(i => keys[i], comparer);
            RowSort.By(rows, column, descending).ShouldBe(expected.ToArray(), column.Key);
        }
    }

    [Fact]
    public void Sorts_and_cuts_what_a_filter_chose()
    {
        var rows = new SnapshotRows(_snapshot, RowLevel.Region);
        var chosen = FilterExpression.Parse("type = heap").Select(rows);
        var top = RowSort.Top(rows, Columns.Of(Measure.TotalWs), descending: true, chosen, 3);
        top.ShouldBe(chosen.OrderByDescending(i => _snapshot.RegionAt(i).Get(Measure.TotalWs)).Take(3));
        RowSort.Top(rows, Columns.Address, descending: false, chosen, 1_000_000).Length.ShouldBe(chosen.Length);
        RowSort.By(rows, Columns.Address, descending: false, []).ShouldBeEmpty();
    }

    static object Key(Column column, SnapshotRows rows, int row) => column switch
    {
        NumberColumn number => number.Get(rows, row),
        SetColumn set => set.Get(rows, row),
        TextColumn { Kind: ColumnKind.Word } word => (ulong)word.Code(rows, row),
        _ => column.Text(rows, row),
    };
}
