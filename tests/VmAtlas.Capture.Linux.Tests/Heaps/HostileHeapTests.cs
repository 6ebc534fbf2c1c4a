using VmAtlas.Capture.Linux.Heaps;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;
using static VmAtlas.Capture.Linux.Tests.Heaps.MadeUpHeap;

namespace VmAtlas.Capture.Linux.Tests.Heaps;

/// <summary>Heaps that lie: each must end in a report, with a word on what is wrong, after a bounded number of reads.</summary>
public sealed class HostileHeapTests
{
    const int MaxReads = 20000;

    static readonly ulong[] s_chunks = [.. Enumerable.Range(0, 200).Select(i => 32UL + 16 * (ulong)(i % 20))];

    static HeapReport Check(MadeUpHeap heap)
    {
        var report = heap.Report().ShouldNotBeNull();
        heap.Reads.ShouldBeLessThan(MaxReads);
        return report;
    }

    [Fact]
    public void A_sound_heap_made_by_hand_is_told_exactly()
    {
        var report = Check(new MadeUpHeap(16, s_chunks));
        report.Problems.ShouldBeEmpty();
        report.InUse.ShouldBe(new ChunkCount(200, s_chunks.Aggregate(0UL, (sum, s) => sum + s)));
        report.Totals.FordBlks.ShouldBe(16 * 4096 - report.InUse.Bytes);
        report.Approximate.ShouldBeFalse();
    }

    /// <summary>Long enough to be read ahead on another thread, with chunks longer than what is read at once.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_long_heap_is_told_exactly_wherever_it_was_cut_to_be_read(int seed)
    {
        var random = new Random(seed);
        var (sizes, sum) = (new List<ulong>(), 0UL);
        while (sum < 40 << 20)
        {
            sizes.Add(random.Next(2000) == 0 ? 16 * (ulong)random.Next(200_000) + 32 : 32 + 16 * (ulong)random.Next(60));
            sum += sizes[^1];
        }
        var heap = new MadeUpHeap((int)(sum / 4096) + 2, [.. sizes]);
        var report = Check(heap);
        report.Problems.ShouldBeEmpty();
        report.InUse.ShouldBe(new ChunkCount((ulong)sizes.Count, sum));
        var chunks = report.Chunks.ShouldNotBeNull();
        for (var (i, at) = (0, HeapStart); i < sizes.Count; at += sizes[i++])
            (chunks.AddressOf(i).Value, chunks.SizeOf(i)).ShouldBe((at, sizes[i]));
    }

    [Fact]
    public void A_reading_ahead_that_fails_says_so_to_who_waits_for_it()
    {
        using var ahead = new ReadAhead(new FailingMemory(), 0x10000, 0x10000000);
        Should.Throw<VmAtlasException>(() => ahead.TryTake(out _, out _)).Message.ShouldBe("gone");
    }

    sealed class FailingMemory : IMemorySource
    {
        public int Read(Address start, Span<byte> into) => throw new VmAtlasException(Failure.TargetEnded, "gone");
    }

    /// <summary>Releases before 2.32 do not mangle links; read as if they did, every sixteenth would lead somewhere else in the heap.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Freed_chunks_are_told_however_links_are_written(bool mangled)
    {
        var heap = new MadeUpHeap(64, [.. Enumerable.Repeat(64UL, 3000)]);
        var random = new Random(3);
        var freed = Enumerable.Range(0, 3000).OrderBy(_ => random.Next()).Take(2000).Select(i => HeapStart + 64 * (ulong)i).ToList();
        heap[TopField - 80 + 16] = freed[0];
        for (var i = 0; i < freed.Count; i++)
        {
            var next = i + 1 < freed.Count ? freed[i + 1] : 0;
            heap[freed[i] + 16] = mangled ? next ^ freed[i] + 16 >> 12 : next;
        }
        var report = Check(heap);
        report.Problems.ShouldBeEmpty();
        (report.Totals.SmBlks, report.InUse.Chunks).ShouldBe((2000UL, 1000UL));
    }

    [Fact]
    public void A_fastbin_that_leads_back_to_itself_ends()
    {
        var heap = new MadeUpHeap(16, 32, 32, 32, 64);
        heap[TopField - 80] = HeapStart;
        heap[HeapStart + 16] = HeapStart ^ (HeapStart + 16) >> 12;
        var report = Check(heap);
        report.Totals.SmBlks.ShouldBe(1UL, "no list holds a chunk twice");
        report.Approximate.ShouldBeTrue();
    }

    [Fact]
    public void A_ring_of_arenas_that_leads_nowhere_is_said_to()
    {
        var heap = new MadeUpHeap(16, s_chunks);
        heap[TopField + ArenaHeader.Next] = 0x4141414141414140;
        Check(heap).Problems.ShouldContain(p => p.Id == "heap-ring");
    }

    [Fact]
    public void A_ring_of_arenas_that_never_comes_back_ends()
    {
        // An arena in the heap's own bytes, whose next is itself.
        var heap = new MadeUpHeap(16, 16 * 600);
        var fake = HeapStart + 64;
        for (var bin = 0; bin < ArenaHeader.Bins; bin++)
        {
            var empty = ArenaHeader.BinChunk(fake + 96, bin);
            (heap[empty + 16], heap[empty + 24]) = (empty, empty);
        }
        heap[TopField + ArenaHeader.Next] = fake;
        heap[fake + 96 + ArenaHeader.Next] = fake;
        Check(heap).Problems.ShouldContain(p => p.Id == "heap-ring");
    }

    [Fact]
    public void A_heap_full_of_likely_thread_caches_is_counted_once()
    {
        var heap = new MadeUpHeap(64, [.. Enumerable.Repeat(0x290UL, 300)]);
        for (var i = 0; i < 300; i++)
        {
            var block = HeapStart + (ulong)i * 0x290 + 16;
            heap[block] = 0x7; // seven blocks of the smallest size, the first of them here
            heap[block + 128] = block;
        }
        var report = Check(heap);
        report.InUse.Chunks.ShouldBeLessThanOrEqualTo(300UL);
    }

    [Fact]
    public void Random_damage_anywhere_never_does_harm()
    {
        var random = new Random(20261121);
        for (var round = 0; round < 3000; round++)
        {
            var heap = new MadeUpHeap(16, s_chunks);
            for (var hits = random.Next(1, 20); hits > 0; hits--)
            {
                var words = random.Next(3) == 0 ? heap.Libc : heap.Heap;
                words[random.Next(words.Length)] = random.Next(4) switch
                {
                    0 => (ulong)random.NextInt64(),
                    1 => HeapStart + (ulong)random.Next(0x20000),
                    2 => ulong.MaxValue - (ulong)random.Next(64),
                    _ => (ulong)random.Next(4096),
                };
            }
            if (heap.Report() is { } report)
                report.InUse.Bytes.ShouldBeLessThanOrEqualTo((ulong)heap.Heap.Length * 8);
            heap.Reads.ShouldBeLessThan(MaxReads);
        }
    }
}
