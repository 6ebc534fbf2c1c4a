using VmAtlas.Model;
using VmAtlas.Testing;
using VmAtlas.Web.Frames;

namespace VmAtlas.Web.Tests;

public sealed class FrameTests
{
    const ulong Image = 0x500000000000, Other = 0x600000000000;

    static BlockSpec Block(ulong start, ulong pages, ulong resident) => new(start, pages * 4096) { Resident = resident * 4096 };

    static Snapshot Before => new SnapshotMaker()
        .Add(MemoryType.Image, "/lib/a.so", Block(Image, 1, 1), Block(Image + 0x1000, 4, 1), Block(Image + 0x5000, 2, 0))
        .Add(MemoryType.Image, "/lib/same.so", Block(Other, 1, 1), Block(Other + 0x1000, 1, 0)).Make();

    /// <summary>In a.so a page came in, one block went and one is new; nothing else changed.</summary>
    static Snapshot After => new SnapshotMaker()
        .Add(MemoryType.Image, "/lib/a.so", Block(Image, 1, 1), Block(Image + 0x1000, 4, 2), Block(Image + 0x8000, 1, 0))
        .Add(MemoryType.Image, "/lib/same.so", Block(Other, 1, 1), Block(Other + 0x1000, 1, 0)).Make();

    [Fact]
    public async Task Blocks_of_a_region_that_changed_follow_it_each_with_its_own_change()
    {
        var frame = await FrameReader.Of(new ChangesFrame(SnapshotDiff.Between(Before, After)).Frame());
        frame.Rows.ShouldBe(6); // a.so with four blocks of either snapshot, same.so alone
        var rows = Enumerable.Range(0, frame.Rows).Select(i => ((ulong)frame.Number("address", i), frame.Number("parent", i), frame.Number("change", i),
            frame.Number("size", i) / 4096, frame.Number("totalWs", i) / 4096));
        rows.ShouldBe(
        [
            (Image, -1, 3, -1, 1),
            (Image, 0, 0, 0, 0),
            (Image + 0x1000, 0, 3, 0, 1),
            (Image + 0x5000, 0, 2, -2, 0),
            (Image + 0x8000, 0, 1, 1, 0),
            (Other, -1, 0, 0, 0),
        ]);
        frame.Number("children", 0).ShouldBe(4);
        frame.Number("children", 5).ShouldBe(0);
    }

    [Fact]
    public async Task A_region_whose_sums_are_equal_has_changed_when_its_blocks_have()
    {
        var moved = new SnapshotMaker()
            .Add(MemoryType.Image, "/lib/a.so", Block(Image, 1, 0), Block(Image + 0x1000, 4, 2), Block(Image + 0x5000, 2, 0))
            .Add(MemoryType.Image, "/lib/same.so", Block(Other, 1, 1), Block(Other + 0x1000, 1, 0)).Make();
        var frame = await FrameReader.Of(new ChangesFrame(SnapshotDiff.Between(Before, moved)).Frame());
        frame.Number("totalWs", 0).ShouldBe(0);
        frame.Number("change", 0).ShouldBe(3);
        frame.Number("children", 0).ShouldBe(3);
    }

    [Fact]
    public void A_filter_of_changes_has_a_bit_for_each_block()
    {
        var bits = new ChangesFrame(SnapshotDiff.Between(Before, After)).Matches(FilterExpression.Parse("size = 16K"));
        BitConverter.ToInt32(bits).ShouldBe(2);
        bits[4].ShouldBe((byte)0);
        bits[5].ShouldBe((byte)(1 << 2)); // row 2: the block of four pages
    }

    [Fact]
    public async Task Facts_are_told_by_region()
    {
        var snapshot = new SnapshotMaker()
            .Add(MemoryType.Stack, "Thread 1", "the test says so", [("thread-id", "1"), ("stack-depth", "0x2000")], Block(Other, 4, 1))
            .Add(MemoryType.Image, "/lib/a.so", "the test says so", [("build-id", "abc")], Block(Image, 1, 1)).Make();
        var frame = await FrameReader.Of(FactsFrame.Of(snapshot));
        Enumerable.Range(0, frame.Rows).Select(i => (frame.Number("region", i), frame.Text("name", i), frame.Text("value", i)))
            .ShouldBe([(0, "build-id", "abc"), (1, "thread-id", "1"), (1, "stack-depth", "0x2000")]);
    }

    [Fact]
    public async Task The_series_tells_what_happened()
    {
        Snapshot Of(ulong pages, string program) => new SnapshotMaker { Process = Sample with { Executable = program } }
            .Add(MemoryType.PrivateData, "", new BlockSpec(Other, pages * 4096) { Resident = pages * 4096 }).Make();
        var series = new Series();
        series.CatchUp(Timeline.Of([Of(10, "/bin/a"), Of(10, "/bin/a"), Of(10 + 8192, "/bin/a"), Of(10 + 8192, "/bin/b")]), TestContext.Current.CancellationToken);
        var frame = await FrameReader.Of(series.Frame());
        Enumerable.Range(0, 4).Select(i => (frame.Number("mark", i), frame.Text("event", i)))
            .ShouldBe([(0, ""), (0, ""), (1, "Private Data grew by 32 MiB"), (2, "became another program: /bin/b")]);
        frame.Number("totalWs.6", 2).ShouldBe((10 + 8192) * 4096.0);
        frame.Has("swap.6").ShouldBeFalse(); // zero all along
    }

    static ProcessFacts Sample => new() { Pid = 4711, Name = "sample", StartedAt = DateTimeOffset.UnixEpoch };
}
