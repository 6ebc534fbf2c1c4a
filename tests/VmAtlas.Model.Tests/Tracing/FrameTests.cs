using VmAtlas.Model.Tracing;

namespace VmAtlas.Model.Tests.Tracing;

public sealed class FrameTests
{
    static readonly TraceModule[] s_modules = [new(0, "/usr/lib/libx.so", AddressRange.Of(0x10000, 0x20000), 0x10000, "")];

    [Fact]
    public void A_node_without_symbols_is_called_by_module_and_offset()
    {
        var (nodes, frames) = Nodes();
        Names(frames, 1).ShouldBe(["libx.so+0x123"]);
        Names(frames, 3).ShouldBe(["0x7777"]);
    }

    [Fact]
    public void Each_address_is_asked_once_and_all_its_nodes_get_its_frames()
    {
        var (nodes, frames) = Nodes();
        var source = new Inlining();
        FrameResolution.ResolveAll(frames, nodes, s_modules, source);
        source.Asked.ShouldBe(new (bool, ulong, CallNodeKind)[] { (false, 0x123, CallNodeKind.Call), (false, 0x456, CallNodeKind.Interrupted), (true, 0x7777, CallNodeKind.Call) }, ignoreOrder: true);
        Names(frames, 1).ShouldBe(["inner", "outer"]);
        Names(frames, 2).ShouldBe(["inner", "outer"]);
        Names(frames, 3).ShouldBe(["0x7777"]);
        frames.Stack(2).Select(f => (frames.Texts[f.Function], f.Line, f.IsInlined)).ShouldBe(
            [("inner", 7, true), ("outer", 9, false), ("inner", 7, true), ("outer", 9, false)]);
    }

    static (NodeTable, NodeFrames) Nodes()
    {
        var nodes = new NodeTable();
        nodes.Add(new CallNode(1, 0, 0x10123, 0));
        nodes.Add(new CallNode(2, 1, 0x10123, 0));
        nodes.Add(new CallNode(3, 1, 0x7777, -1));
        nodes.Add(new CallNode(4, 1, 0x10456, 0, CallNodeKind.Interrupted));
        return (nodes, new NodeFrames(nodes, s_modules));
    }

    static string[] Names(NodeFrames frames, uint node) => [.. frames[node].ToArray().Select(f => frames.Texts[frames.Frame(f).Function])];

    sealed class Inlining : IFrameSource
    {
        public List<(bool NoFile, ulong Address, CallNodeKind Kind)> Asked { get; } = [];

        public void Resolve(TraceModule? module, ReadOnlySpan<ulong> addresses, CallNodeKind kind, IFrameReceiver into)
        {
            foreach (var address in addresses)
            {
                Asked.Add((module is null, address, kind));
                if (address == 0x123)
                {
                    into.Frame("inner"u8, "x.c"u8, 7, true);
                    into.Frame("outer"u8, "x.c"u8, 9, false);
                }
                into.EndAddress();
            }
        }
    }
}
