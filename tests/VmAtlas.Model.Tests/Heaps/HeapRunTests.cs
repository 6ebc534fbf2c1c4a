using VmAtlas.Model.Heaps;

namespace VmAtlas.Model.Tests.Heaps;

public sealed class HeapRunTests
{
    static readonly AddressRange s_heap = AddressRange.Of(0x100000, 0x200000);

    static ChunkTable Table(params (ulong Size, ChunkState State)[] chunks)
    {
        var (table, at) = (new ChunkTable(), 0x100010UL);
        foreach (var (size, state) in chunks)
        {
            table.Add(at, size, state);
            at += size;
        }
        return table;
    }

    [Fact]
    public void Pages_inside_a_free_chunk_and_the_top_are_told_apart_from_those_in_use()
    {
        var runs = HeapRuns.Of(Table((0x3000, ChunkState.InUse), (0x5000, ChunkState.Free), (0x2000, ChunkState.InUse), (0xf5ff0, ChunkState.Top)), s_heap);
        runs.Select(r => (r.Range.Start.Value, r.Range.End.Value, r.Label)).ShouldBe(
        [
            (0x100000UL, 0x104000UL, "in use (75 %)"), (0x104000UL, 0x108000UL, "free"), (0x108000UL, 0x10b000UL, "in use (66 %)"), (0x10b000UL, 0x200000UL, "top"),
        ]);
    }

    [Fact]
    public void What_is_freed_in_small_pieces_is_not_said_to_be_in_use()
    {
        var runs = HeapRuns.Of(Table((0x800, ChunkState.FastBin), (0x800, ChunkState.ThreadCache), (0xfeff0, ChunkState.Top)), s_heap);
        runs.Select(r => r.Label).ShouldBe(["freed, in small pieces", "top"]);
    }

    [Fact]
    public void Stretches_fill_the_heap_and_their_bytes_in_use_are_its_own()
    {
        var random = new Random(11);
        for (var round = 0; round < 200; round++)
        {
            var (table, at, used) = (new ChunkTable(), s_heap.Start.Value + 16, 0UL);
            while (at < s_heap.End.Value - 0x8000)
            {
                var (size, state) = (16 + 16 * (ulong)random.Next(1, 0x600), random.Next(3) == 0 ? ChunkState.Free : ChunkState.InUse);
                table.Add(at, size, state);
                used += state == ChunkState.InUse ? size : 0;
                at += size;
            }
            table.Add(at, s_heap.End.Value - at, ChunkState.Top);
            var runs = HeapRuns.Of(table, s_heap);
            runs[0].Range.Start.ShouldBe(s_heap.Start);
            runs[^1].Range.End.ShouldBe(s_heap.End);
            for (var i = 1; i < runs.Count; i++)
                runs[i].Range.Start.ShouldBe(runs[i - 1].Range.End);
            runs.Aggregate(0UL, (sum, r) => sum + r.InUse).ShouldBe(used);
            runs.Count(r => r.Kind == HeapRunKind.Free).ShouldBeLessThanOrEqualTo(HeapRuns.MostFree);
        }
    }

    [Fact]
    public void Of_many_free_stretches_the_largest_are_told()
    {
        var chunks = Enumerable.Range(0, 100).SelectMany(i => new (ulong, ChunkState)[] { (0x100, ChunkState.InUse), (0x2000 + 0x10 * (ulong)i, ChunkState.Free) });
        var runs = HeapRuns.Of(Table([.. chunks, (0x1000, ChunkState.InUse)]), AddressRange.Of(0x100000, 0x300000));
        runs.Count(r => r.Kind == HeapRunKind.Free).ShouldBe(HeapRuns.MostFree);
    }
}
