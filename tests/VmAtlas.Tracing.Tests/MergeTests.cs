using System.Runtime.InteropServices;
using VmAtlas.Model;
using VmAtlas.Tracing.Session;

namespace VmAtlas.Tracing.Tests;

/// <summary>Rings filled here, as agents fill them, and read in looks of any length: what comes out is all of it in order of time.</summary>
public sealed unsafe class MergeTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 5)]
    [InlineData(4, 17)]
    public void Events_of_all_threads_come_in_order_of_time_and_none_is_lost(int seed, int threads)
    {
        using var rings = new Rings(threads);
        var (random, sink, expected) = (new Random(seed), new Kept(), new List<(long Time, int Thread, ulong Address, ulong Size)>());
        var merger = new EventMerger(sink, 0);
        var (time, given) = (1L, 0L);
        for (var look = 0; look < 300; look++)
        {
            var owner = random.Next(threads);
            for (var left = random.Next(look % 50 == 0 ? 20_000 : 400); left > 0; left--)
            {
                // Threads take turns, or one goes on for long; stamps are shared.
                if (random.Next(look % 3 == 0 ? 200 : 3) == 0)
                    owner = random.Next(threads);
                time += random.Next(10) switch { 0 => 100_000, < 5 => 0, _ => random.Next(300) };
                var address = (ulong)random.Next(1, 1 << 20) * 8;
                var size = random.Next(2) == 0 ? (ulong)random.Next(1, 5000) : 0;
                rings.Put(owner, time, address, size);
                expected.Add((time, owner, address, size));
            }
            var latest = random.Next(4) == 0 ? time - random.Next(2000) : time;
            rings.Look();
            given = Math.Max(given, merger.ReadAndMerge(rings.Readers, latest, given));
            sink.Seen.Count.ShouldBe(expected.Count(e => e.Time <= given));
        }
        merger.Merge(rings.Readers, long.MaxValue);
        sink.Seen.Select(e => e.Time).ShouldBe(expected.Select(e => e.Time).Order());
        foreach (var thread in Enumerable.Range(0, threads))
            sink.Seen.Where(e => e.Thread == thread).ShouldBe(expected.Where(e => e.Thread == thread));
    }

    [Fact]
    public void A_thread_about_to_publish_holds_the_others_back_but_not_their_rings()
    {
        using var rings = new Rings(2);
        var sink = new Kept();
        var merger = new EventMerger(sink, 0);
        rings.Put(0, 10, 8, 1);
        rings.Announce(0, 20);
        for (var i = 0; i < 50_000; i++)
            rings.Put(1, 5 + i, 16, 1);
        rings.Look();
        merger.ReadAndMerge(rings.Readers, 60_000, 0).ShouldBe(20);
        rings.Readers[1].IsDrained.ShouldBeTrue();
        sink.Seen.Count.ShouldBe(17);
        rings.Put(0, 25, 24, 1);
        rings.Announce(0, 0);
        rings.Look();
        merger.ReadAndMerge(rings.Readers, 60_000, 20).ShouldBe(60_000);
        sink.Seen.Count.ShouldBe(50_002);
        sink.Seen.Select(e => e.Time).ShouldBeInOrder();
    }

    sealed class Rings : IDisposable
    {
        readonly long[] _ticks;

        public Rings(int threads)
        {
            _ticks = new long[threads];
            for (var i = 0; i < threads; i++)
                Readers.Add(new RingReader((RingHeader*)NativeMemory.AllocZeroed(SessionLayout.RingSize), i, new WeightTable(0)));
        }

        public List<RingReader> Readers { get; } = [];

        public void Put(int thread, long time, ulong address, ulong size)
        {
            var passed = (ulong)(time - _ticks[thread]);
            _ticks[thread] = time;
            if (passed >= 65536)
            {
                Word(thread, (ulong)WordKind.Time | (ulong)time << 4);
                passed = 0;
            }
            Word(thread, (ulong)(size > 0 ? WordKind.Alloc : WordKind.Free) | passed << 4 | address >> 3 << 20);
            if (size > 0)
                Word(thread, (ulong)TraceFunction.Malloc << 32 | size << 37);
        }

        public void Announce(int thread, ulong from) => Readers[thread].Ring->OpenFrom = from;

        public void Look() => Readers.ForEach(r => r.Look());

        public void Dispose() => Readers.ForEach(r => NativeMemory.Free(r.Ring));

        void Word(int thread, ulong word)
        {
            var ring = Readers[thread].Ring;
            (ring->Head - ring->Tail).ShouldBeLessThan((ulong)SessionLayout.RingWords);
            ((ulong*)((byte*)ring + SessionLayout.RingHeaderSize))[ring->Head++ % SessionLayout.RingWords] = word;
        }
    }

    sealed class Kept : ITraceSink
    {
        public List<(long Time, int Thread, ulong Address, ulong Size)> Seen { get; } = [];

        public void Module(TraceModule module)
        {
        }

        public void Thread(TraceThread thread)
        {
        }

        public void ThreadName(int thread, string name)
        {
        }

        public void Nodes(ReadOnlySpan<CallNode> nodes)
        {
        }

        public void Events(ReadOnlySpan<TraceEvent> events)
        {
            foreach (ref readonly var e in events)
                Seen.Add((e.Time, e.Thread, e.Address, e.Size));
        }

        public void Dropped(long operations)
        {
        }

        public void End(TraceEnding ending, int value, long time)
        {
        }
    }
}
