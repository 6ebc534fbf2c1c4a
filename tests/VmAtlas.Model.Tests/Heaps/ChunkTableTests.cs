using VmAtlas.Model.Heaps;

namespace VmAtlas.Model.Tests.Heaps;

public sealed class ChunkTableTests
{
    [Fact]
    public void Finds_what_holds_an_address_from_wherever_it_looked_last()
    {
        var random = new Random(7);
        var (table, starts, at) = (new ChunkTable(), new List<ulong>(), 0x10000UL);
        for (var i = 0; i < 600_000; i++)
        {
            var size = 32UL + 16 * (ulong)random.Next(20);
            table.Add(at, size, ChunkState.InUse);
            starts.Add(at);
            at += size + (random.Next(10) == 0 ? 64UL : 0);
        }
        for (var i = 0; i < 20_000; i++)
        {
            var row = random.Next(starts.Count);
            table.IndexOf(new Address(starts[row] + (ulong)random.Next((int)table.SizeOf(row)))).ShouldBe(row);
        }
        table.IndexOf(new Address(0)).ShouldBe(-1);
        table.IndexOf(new Address(at + 4096)).ShouldBe(-1);
        table.SetState(starts[599_999], ChunkState.Free).ShouldBeTrue();
        table.StateOf(599_999).ShouldBe(ChunkState.Free);
        table.SetState(starts[5] + 16, ChunkState.Free).ShouldBeFalse();
    }

    [Fact]
    public void Keeps_chunks_far_apart_and_of_any_size()
    {
        var table = new ChunkTable();
        (ulong At, ulong Size)[] chunks =
        [
            (0x10, 32), (0x555500000000, 1UL << 40), (0x7f0000000000, 16), (0x7f0000000010, (8UL << 30) - 16), (0x7f1000000010, 8UL << 30), (0x7f2000000010, 48),
        ];
        foreach (var (at, size) in chunks)
            table.Add(at, size, ChunkState.Mapped);
        for (var i = 0; i < chunks.Length; i++)
        {
            (table.AddressOf(i).Value, table.SizeOf(i), table.StateOf(i)).ShouldBe((chunks[i].At, chunks[i].Size, ChunkState.Mapped));
            table.IndexOf(new Address(chunks[i].At + chunks[i].Size - 1)).ShouldBe(i);
            table.FirstFrom(new Address(chunks[i].At)).ShouldBe(i);
            table.FirstFrom(new Address(chunks[i].At + 1)).ShouldBe(i + 1);
        }
    }

    [Fact]
    public void Says_of_every_chunk_what_was_added_wherever_it_began()
    {
        var random = new Random(11);
        var (table, added, at) = (new ChunkTable(), new List<(ulong At, ulong Size, ChunkState State)>(), 0x7f0000000000UL);
        for (var i = 0; i < 300_000; i++)
        {
            var size = random.Next(5000) == 0 ? 5UL << 30 : 16UL + 16 * (ulong)random.Next(40);
            added.Add((at, size, (ChunkState)random.Next(ChunkStates.Count)));
            table.Add(at, size, added[^1].State);
            // Mostly side by side; sometimes with a gap, sometimes one inside the other, as in a heap that was changed while it was read.
            at += random.Next(8) switch { 0 => size + 16 * (ulong)random.Next(1000), 1 => 16, _ => size };
        }
        table.Count.ShouldBe(added.Count);
        for (var i = 0; i < added.Count; i++)
            (table.AddressOf(i).Value, table.SizeOf(i), table.StateOf(i)).ShouldBe(added[i]);
        for (var i = 0; i < 20_000; i++)
        {
            var row = random.Next(added.Count);
            table.FirstFrom(new Address(added[row].At)).ShouldBe(row);
            table.SetState(added[row].At, ChunkState.Free).ShouldBeTrue();
            table.StateOf(row).ShouldBe(ChunkState.Free);
        }
    }

    [Fact]
    public void Refuses_chunks_out_of_order()
    {
        var table = new ChunkTable();
        table.Add(64, 32, ChunkState.Free);
        Should.Throw<ArgumentOutOfRangeException>(() => table.Add(32, 32, ChunkState.Free));
    }

    [Fact]
    public void A_query_filters_sorts_stably_and_cuts()
    {
        var table = new ChunkTable();
        ulong[] sizes = [64, 32, 64, 128, 32];
        for (var i = 0; i < sizes.Length; i++)
            table.Add(1024 * (ulong)(i + 1), sizes[i], i == 3 ? ChunkState.Free : ChunkState.InUse);
        new ChunkQuery { Order = ChunkOrder.Size }.Select(table).ShouldBe([3, 0, 2, 1, 4]);
        new ChunkQuery { States = [ChunkState.InUse], LeastSize = 64, Top = 1 }.Select(table).ShouldBe([0]);
        new ChunkQuery { Within = [AddressRange.Of(2048, 4096)] }.Select(table).ShouldBe([1, 2]);
    }
}
