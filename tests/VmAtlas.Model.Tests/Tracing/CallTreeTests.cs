using VmAtlas.Model.Tracing;
using VmAtlas.Testing;

namespace VmAtlas.Model.Tests.Tracing;

public sealed class CallTreeTests
{
    [Theory]
    [InlineData(CallTreeShape.TopDown)]
    [InlineData(CallTreeShape.BottomUp)]
    [InlineData(CallTreeShape.ByModule)]
    [InlineData(CallTreeShape.ByThread)]
    public void Every_row_is_the_sum_of_its_stacks(CallTreeShape shape)
    {
        var store = TraceStores.Of(new RandomTrace(4, 20_000));
        var frames = new NodeFrames(store.CallNodes, store.Modules);
        var tree = CallTreeBuilder.Build(shape, store, store.Sites, frames);
        var expected = new Dictionary<string, (long Live, long Total)>();
        for (var row = 0; row < store.Sites.Count; row++)
        {
            foreach (var (root, figures) in Parts(store, row, shape))
            {
                var path = Path(store, frames, row, shape, root);
                for (var depth = 0; depth <= path.Count; depth++)
                {
                    var key = string.Join('|', path.Take(depth));
                    var sum = expected.GetValueOrDefault(key);
                    expected[key] = (sum.Live + figures.LiveBytes, sum.Total + figures.TotalBytes);
                }
            }
        }
        var seen = Enumerable.Range(0, tree.Count).ToDictionary(r => Key(tree, r), r => (tree.Figures(r).LiveBytes, tree.Figures(r).TotalBytes));
        seen.ShouldBe(expected, ignoreOrder: true);
        tree.Figures(0).LiveBytes.ShouldBe(store.Sites.LiveBytes);
        for (var row = 0; row < tree.Count; row++)
        {
            var below = tree.Children(row).Sum(c => tree.Figures(c).LiveBytes);
            (below + tree.OwnFigures(row).LiveBytes).ShouldBe(tree.Figures(row).LiveBytes);
        }
        tree.Figures(0).AtPeakBytes.ShouldBe(store.Totals.PeakBytes);
    }

    static IEnumerable<(string? Root, SiteFigures Figures)> Parts(TraceStore store, int row, CallTreeShape shape) =>
        shape == CallTreeShape.ByThread ? store.Sites.ByThread(row).Select(t => ((string?)store.Threads[t.Thread].Name, t.Figures)) : [(null, store.Sites[row])];

    static List<string> Path(TraceStore store, NodeFrames frames, int row, CallTreeShape shape, string? root)
    {
        var stack = frames.Stack(store.Sites.Site(row)).Select(f => shape == CallTreeShape.ByModule
            ? f.Module == 0 ? "code of no file" : frames.Texts[f.Module] : frames.Texts[f.Function]).ToList();
        if (shape != CallTreeShape.BottomUp)
            stack.Reverse();
        if (shape == CallTreeShape.ByModule)
            stack = [.. stack.Where((s, i) => i == 0 || stack[i - 1] != s)];
        return root is null ? stack : [root, .. stack];
    }

    static string Key(CallTree tree, int row) => row == 0 ? "" : Key(tree, tree.Parent(row)) is var above && above.Length > 0
        ? above + "|" + tree.Label(row).Text : tree.Label(row).Text;
}
