using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Web.Frames;

namespace VmAtlas.Web.Tests;

public sealed class CallTreeFrameTests
{
    [Fact]
    public async Task A_tree_has_the_figures_of_each_row_with_all_below_it()
    {
        var frame = await FrameReader.Of(CallTreeFrame.Of(Tree(callers: 2, callees: 3), most: 100));
        frame.Rows.ShouldBe(1 + 2 + 2 * 3);
        (frame.Text("label", 0), frame.Number("parent", 0), frame.Number("children", 0)).ShouldBe(("all", -1, 2));
        var caller = Enumerable.Range(0, frame.Rows).First(row => frame.Text("label", row) == "caller 1");
        (frame.Number("liveBytes", caller), frame.Number("ownLiveBytes", caller), frame.Number("children", caller)).ShouldBe((3 + 4 + 5, 0, 3));
        Enumerable.Range(1, frame.Rows - 1).ShouldAllBe(row => frame.Number("parent", row) < row);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(50)]
    [InlineData(500)]
    public async Task Of_a_larger_tree_the_largest_rows_are_told_with_all_their_callers(int most)
    {
        var tree = Tree(callers: 40, callees: 20);
        var frame = await FrameReader.Of(CallTreeFrame.Of(tree, most));
        frame.Rows.ShouldBeLessThanOrEqualTo(Math.Max(1, most));
        frame.Number("liveBytes", 0).ShouldBe(tree.Figures(0).LiveBytes, "what has no row is in the sums all the same");
        var children = new int[frame.Rows];
        for (var row = 1; row < frame.Rows; row++)
            children[(int)frame.Number("parent", row)]++;
        for (var row = 0; row < frame.Rows; row++)
        {
            frame.Number("children", row).ShouldBe(children[row]);
            var all = row == 0 ? 40 : frame.Text("label", row).StartsWith("caller", StringComparison.Ordinal) ? 20 : 0;
            (frame.Number("children", row) + frame.Number("hidden", row)).ShouldBe(all);
        }
    }

    /// <summary>Callers that call functions of which each asked for one block; sizes go up from 0.</summary>
    static CallTree Tree(int callers, int callees)
    {
        var store = new TraceStore(new TraceProcess(1, 0, "made", DateTimeOffset.UnixEpoch, false, 0));
        var frames = new NodeFrames(store.CallNodes, store.Modules);
        var (id, size) = (0u, 0UL);
        for (var caller = 0; caller < callers; caller++)
        {
            var outer = Node(0, $"caller {caller}");
            for (var callee = 0; callee < callees; callee++, size++)
            {
                var inner = Node(outer, $"callee {caller}.{callee}");
                store.Events([new TraceEvent { Address = 0x1000 + size * 0x1000, Size = size, Weight = 1, Site = inner, Operation = TraceOperation.Allocate }]);
            }
        }
        return CallTreeBuilder.Build(CallTreeShape.TopDown, store, store.Sites, frames);

        uint Node(uint parent, string function)
        {
            store.Nodes([new CallNode(++id, parent, 0x100 + id, -1)]);
            frames.Set(id, [frames.Number(new StackFrame(frames.Texts.Intern(function), 0, 0, 0, false))]);
            return id;
        }
    }
}
