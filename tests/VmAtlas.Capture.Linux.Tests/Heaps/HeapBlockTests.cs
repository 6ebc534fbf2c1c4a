using VmAtlas.Capture.Linux.Tests.Annotators;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Heaps;

/// <summary>What a snapshot shows of the inside of heaps; every capture is held to the laws.</summary>
public sealed class HeapBlockTests
{
    static readonly CaptureOptions s_heaps = CaptureOptions.Full with { Heaps = true };

    [Theory]
    [InlineData("plain")]
    [InlineData("arenas")]
    [InlineData("large-arena")]
    [InlineData("trimmable")]
    [InlineData("no-break")]
    [InlineData("mapped")]
    [InlineData("corrupt")]
    public void Heaps_have_blocks_in_use_free_and_top_that_agree_with_the_chunks(string shape)
    {
        using var target = TestTarget.Start("heap_shapes", shape);
        var snapshot = Zoo.Capture(target, s_heaps);
        var report = snapshot.Heap.ShouldNotBeNull().Value;
        var chunks = report.Chunks.ShouldNotBeNull();
        var (labelled, tops) = (0, 0);
        for (var i = 0; i < snapshot.Blocks.Count; i++)
        {
            var block = snapshot.BlockAt(i);
            if (block.Region.Type != MemoryType.Heap || block.Label.Length == 0)
                continue;
            labelled++;
            tops += block.Label == "top" ? 1 : 0;
            if (block.Label is not ("free" or "top"))
                continue;
            var holder = chunks.IndexOf(block.Range.Start);
            chunks.StateOf(holder).ShouldBe(block.Label == "top" ? ChunkState.Top : ChunkState.Free);
            chunks.IndexOf(new Address(block.Range.End.Value - 1)).ShouldBe(holder);
        }
        labelled.ShouldBeGreaterThan(0);
        tops.ShouldBeLessThanOrEqualTo(report.Arenas.Count);
    }

    [Fact]
    public void The_free_inside_of_a_trimmable_heap_is_told_with_the_pages_that_are_there()
    {
        using var target = TestTarget.Start("heap_shapes", "trimmable");
        var found = 0;
        var snapshot = Zoo.Capture(target, s_heaps);
        for (var i = 0; i < snapshot.Blocks.Count; i++)
        {
            if (snapshot.BlockAt(i) is { Label: "free" } free)
            {
                found++;
                free.Get(Measure.TotalWs).ShouldBe(free.Range.Size.Bytes, "every block was written before it was freed");
            }
        }
        found.ShouldBe(HeapRuns.MostFree - 1, "the top is one of them");
        snapshot.RegionsOf(MemoryType.Heap).Single(r => r.Details == "[heap]").Fact("in use").ShouldNotBeNull().ShouldContain(" blocks, ");
    }

    [Fact]
    public void The_top_is_told_without_looking_inside_and_nothing_else_is()
    {
        using var target = TestTarget.Start("heap_shapes", "plain");
        var snapshot = Zoo.Capture(target, CaptureOptions.Full);
        snapshot.Heap.ShouldBeNull();
        var labels = snapshot.RegionsOf(MemoryType.Heap).Single(r => r.Details == "[heap]").BlockList().Select(b => b.Label).ToList();
        labels.ShouldBe(["", "top"]);
        Zoo.Capture(target, CaptureOptions.Quick).RegionsOf(MemoryType.Heap).Single(r => r.Details == "[heap]").BlockList().Count.ShouldBe(1);
    }
}
