using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Formats.Tests.Vmatlas;

/// <summary>Heaps in files: as they were, only where asked for, and no harm from damaged or forged ones.</summary>
public sealed class HeapTests : IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly Random _random = new(9);

    public void Dispose() => _folder.Dispose();

    internal static Snapshot With(Snapshot snapshot, HeapReport? heap) => new()
    {
        Process = snapshot.Process, System = snapshot.System, TakenAt = snapshot.TakenAt, Layout = snapshot.Layout, Strings = snapshot.Strings,
        Blocks = snapshot.Blocks, Regions = snapshot.Regions, Annotators = snapshot.Annotators, Heap = heap is null ? null : new Lazy<HeapReport>(heap),
    };

    internal static HeapReport Report(ChunkTable? chunks, bool residency = true)
    {
        var sizes = new SizeHistogram();
        sizes.AddUsed(48, 1000);
        sizes.AddFree(1 << 20, 3);
        ChunkCount Count(ulong n) => new(n, 48 * n);
        ArenaReport Arena(int number) => new()
        {
            Number = number, Address = new Address(0x7f0000000030), Heaps = [AddressRange.Of(0x7f0000000000, 0x7f0000021000), AddressRange.Of(0x7e0000000000, 0x7e0000001000)],
            System = 0x22000, InUse = Count(7), Free = Count(6), FastBins = Count(5), ThreadCaches = Count(4), Top = 4096, LargestFree = 1 << 20,
            Trimmable = 8192, TrimmableResident = residency ? 4096UL : null, Unknown = 3,
        };
        return new HeapReport
        {
            Allocator = "glibc", Library = "/usr/lib/libc.so.6", Totals = new HeapTotals(1, 2, 3, 4, 5, 6, 7, 8, 9), InUse = Count(11), Usable = 400,
            Mapped = Count(2), Arenas = [Arena(0), Arena(1)], Sizes = sizes, Chunks = chunks, Approximate = true,
            Problems = [new Problem("heap-moved", "it moved")], Paused = TimeSpan.FromMilliseconds(3), Took = TimeSpan.FromMilliseconds(12),
        };
    }

    internal static ChunkTable OneChunk()
    {
        var table = new ChunkTable();
        table.Add(0x1000, 32, ChunkState.Free);
        return table;
    }

    ChunkTable Chunks(int count)
    {
        var (table, at) = (new ChunkTable(), 0x555500000010UL);
        for (var i = 0; i < count; i++)
        {
            var size = 32 + 16 * (ulong)_random.Next(100);
            table.Add(at, size, (ChunkState)_random.Next(ChunkStates.Count));
            // Now and then a hole, and now and then a chunk that reaches over the next.
            at += _random.Next(100) switch { 0 => size + (1UL << 40), 1 => 16, _ => size };
        }
        return table;
    }

    string Saved(params IEnumerable<Snapshot> snapshots)
    {
        var path = _folder.File("heap.vmatlas");
        TimelineFile.Save(path, snapshots);
        return path;
    }

    static void ShouldBeSame(HeapReport actual, HeapReport expected)
    {
        (actual with { Arenas = [], Sizes = expected.Sizes, Chunks = null, Problems = [] })
            .ShouldBe(expected with { Arenas = [], Chunks = null, Problems = [] }, "figures");
        actual.Problems.ShouldBe(expected.Problems);
        actual.Sizes.Rows.ShouldBe(expected.Sizes.Rows);
        actual.Arenas.Select(a => a with { Heaps = [] }).ShouldBe(expected.Arenas.Select(a => a with { Heaps = [] }));
        actual.Arenas.SelectMany(a => a.Heaps).ShouldBe(expected.Arenas.SelectMany(a => a.Heaps));
        (actual.Chunks is null).ShouldBe(expected.Chunks is null);
        for (var i = 0; i < expected.Chunks?.Count; i++)
        {
            var (a, e) = (actual.Chunks!, expected.Chunks);
            if ((a.AddressOf(i), a.SizeOf(i), a.StateOf(i)) != (e.AddressOf(i), e.SizeOf(i), e.StateOf(i)))
                (a.AddressOf(i), a.SizeOf(i), a.StateOf(i)).ShouldBe((e.AddressOf(i), e.SizeOf(i), e.StateOf(i)), $"chunk {i}");
        }
        (actual.Chunks?.Count ?? 0).ShouldBe(expected.Chunks?.Count ?? 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(70_000)]
    [InlineData(HeapWriter.ChunksAtOnce * 2 + 5)]
    public void A_heap_comes_back_as_it_was(int count)
    {
        var report = Report(Chunks(count));
        using var timeline = TimelineFile.Open(Saved(With(new RandomSnapshots(3).With(5).Take(), report)));
        timeline.Problems.ShouldBeEmpty();
        ShouldBeSame(timeline.Load(0).Heap.ShouldNotBeNull().Value, report);
    }

    [Fact]
    public void Each_snapshot_has_its_own_heap_or_none()
    {
        var maker = new RandomSnapshots(4).With(20);
        var reports = new[] { Report(Chunks(10)), null, Report(null, residency: false), Report(Chunks(20)) };
        using var timeline = TimelineFile.Open(Saved(reports.Select(r => With(maker.Age(1).Take(), r)).ToList()));
        for (var i = 3; i >= 0; i--)
        {
            var heap = timeline.Load(i).Heap;
            if (reports[i] is { } expected)
                ShouldBeSame(heap.ShouldNotBeNull().Value, expected);
            else
                heap.ShouldBeNull();
        }
    }

    /// <summary>What a reader does that knows no heaps: it meets chunks of a type that says nothing to it.</summary>
    [Fact]
    public void A_reader_that_does_not_know_them_passes_them_over()
    {
        var snapshots = Enumerable.Range(0, 3).Select(i => With(new RandomSnapshots(5 + i).With(9).Take(), Report(Chunks(50)))).ToList();
        var bytes = File.ReadAllBytes(Saved(snapshots));
        foreach (var type in (string[])["HEAP", "HCHK"])
            Rename(bytes, type, "Zzzz");
        using var timeline = new TimelineReader(new MemoryStream(bytes), "test", ReaderLimits.Default);
        timeline.Problems.ShouldBeEmpty();
        timeline.Count.ShouldBe(3);
        timeline.Load(2).Blocks.Count.ShouldBe(snapshots[2].Blocks.Count);
        timeline.Load(2).Heap.ShouldBeNull();
    }

    [Fact]
    public void A_damaged_part_of_the_chunks_costs_the_chunks_alone()
    {
        var bytes = File.ReadAllBytes(Saved(With(new RandomSnapshots(6).With(9).Take(), Report(Chunks(5000)))));
        bytes[^100] ^= 0x10;
        using var timeline = new TimelineReader(new MemoryStream(bytes), "test", ReaderLimits.Default);
        var heap = timeline.Load(0).Heap.ShouldNotBeNull().Value;
        heap.Chunks.ShouldBeNull();
        heap.Problems.ShouldContain(p => p.Id == "heap-chunks-lost");
        heap.Totals.KeepCost.ShouldBe(9UL);
    }

    [Fact]
    public void More_chunks_than_the_limit_are_refused_in_one_sentence()
    {
        var bytes = File.ReadAllBytes(Saved(With(new RandomSnapshots(7).With(9).Take(), Report(Chunks(5000)))));
        using var timeline = new TimelineReader(new MemoryStream(bytes), "test", new ReaderLimits { HeapChunks = 4999 });
        var heap = timeline.Load(0).Heap.ShouldNotBeNull();
        Should.Throw<VmAtlasException>(() => heap.Value).Message.ShouldContain("4999");
    }

    [Fact]
    public void Forged_heaps_are_refused_or_read_and_nothing_else_happens()
    {
        var (strings, content) = (new StringNumbers(), new ByteBuffer());
        HeapWriter.Write(Report(null), strings, content);
        var chunks = new ByteBuffer();
        HeapWriter.WriteChunks(Chunks(200), 0, chunks);
        var texts = new ByteBuffer();
        strings.WriteNew(texts);
        var file = new FileStrings(ReaderLimits.Default);
        file.Add(texts.Written);
        for (var round = 0; round < 20_000; round++)
        {
            var (report, part) = (content.Written.ToArray(), chunks.Written.ToArray());
            var forged = _random.Next(2) == 0 ? report : part;
            for (var hits = _random.Next(1, 4); hits > 0; hits--)
                forged[_random.Next(forged.Length)] = (byte)_random.Next(256);
            try
            {
                var reader = new HeapReader(file, new ReaderLimits { Rows = 100_000 });
                reader.ReadReport(report);
                reader.ReadChunks(part);
                reader.ToReport();
            }
            catch (InvalidDataException)
            {
                // Refused.
            }
        }
    }

    /// <summary>Gives chunks another type, and the checksum that goes with it.</summary>
    static void Rename(byte[] bytes, string from, string to)
    {
        for (var at = 16 + BitConverter.ToUInt16(bytes, 14); at < bytes.Length;)
        {
            var length = 16 + BitConverter.ToInt32(bytes, at + 8);
            if (System.Text.Encoding.ASCII.GetString(bytes, at, 4) == from)
            {
                System.Text.Encoding.ASCII.GetBytes(to, bytes.AsSpan(at));
                var crc = Crc32.Append(Crc32.Append(0, bytes.AsSpan(at, 12)), bytes.AsSpan(at + 16, length - 16));
                BitConverter.TryWriteBytes(bytes.AsSpan(at + 12), crc);
            }
            at += length;
        }
    }
}
