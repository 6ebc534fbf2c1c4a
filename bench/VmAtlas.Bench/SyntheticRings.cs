using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VmAtlas.Model;
using VmAtlas.Tracing.Session;

namespace VmAtlas.Bench;

/// <summary>Rings as an agent would have filled them, round by round: what a trace in memory would have been before it was read.</summary>
/// <remarks>A tick is a nanosecond here.</remarks>
sealed unsafe class SyntheticRings : IDisposable
{
    const ulong Mask = SessionLayout.RingWords - 1;

    readonly List<ulong>[] _words;
    readonly List<(int[] Heads, long Until)> _rounds = [];
    readonly RingHeader*[] _rings;
    readonly long[] _ticks;

    /// <param name="round">Events between two looks of the reader.</param>
    public SyntheticRings(IEnumerable<TraceEvent> events, int threads, int round)
    {
        (_words, _ticks, _rings) = (new List<ulong>[threads], new long[threads], new RingHeader*[threads]);
        for (var i = 0; i < threads; i++)
        {
            _words[i] = [];
            _rings[i] = (RingHeader*)NativeMemory.AlignedAlloc(SessionLayout.RingSize, 4096);
        }
        var (written, last) = (0, 0L);
        foreach (var e in events)
        {
            Write(_words[e.Thread], ref _ticks[e.Thread], e);
            last = e.Time;
            if (++written % round == 0)
                EndRound(last);
        }
        EndRound(last);
    }

    /// <summary>All events through a ring reader for each thread and a merger into a sink.</summary>
    /// <returns>The CPU time of it, without that of filling the rings, which is the agent's work.</returns>
    public TimeSpan Read(ITraceSink sink)
    {
        var spent = TimeSpan.Zero;
        var (readers, merger, weights) = (new List<RingReader>(), new EventMerger(sink, 0), new WeightTable(0));
        for (var i = 0; i < _rings.Length; i++)
        {
            Unsafe.InitBlock(_rings[i], 0, SessionLayout.RingHeaderSize);
            readers.Add(new RingReader(_rings[i], i, weights));
        }
        foreach (var (heads, until) in _rounds)
        {
            for (var i = 0; i < heads.Length; i++)
                Publish(i, heads[i]);
            var before = Environment.CpuUsage.TotalTime;
            foreach (var reader in readers)
                reader.Look();
            merger.ReadAndMerge(readers, until, 0);
            spent += Environment.CpuUsage.TotalTime - before;
        }
        return spent;
    }

    public void Dispose()
    {
        foreach (var ring in _rings)
            NativeMemory.AlignedFree(ring);
    }

    void EndRound(long until) => _rounds.Add(([.. _words.Select(w => w.Count)], until));

    void Publish(int ring, int head)
    {
        var from = (int)_rings[ring]->Head;
        var words = (ulong*)((byte*)_rings[ring] + SessionLayout.RingHeaderSize);
        var source = CollectionsMarshal.AsSpan(_words[ring]);
        while (from < head)
        {
            var at = from & (int)Mask;
            var part = source[from..Math.Min(head, from + SessionLayout.RingWords - at)];
            part.CopyTo(new Span<ulong>(words + at, part.Length));
            from += part.Length;
        }
        _rings[ring]->Head = (ulong)head;
    }

    static void Write(List<ulong> words, ref long ticks, in TraceEvent e)
    {
        var passed = e.Time - ticks;
        ticks = e.Time;
        if (passed >= 65536)
        {
            words.Add((ulong)WordKind.Time | (ulong)e.Time << 4);
            passed = 0;
        }
        var kind = e.Operation == TraceOperation.Allocate ? WordKind.Alloc : WordKind.Free;
        words.Add((ulong)kind | (ulong)passed << 4 | e.Address >> 3 << 20);
        if (kind == WordKind.Alloc)
            words.Add(e.Site | (ulong)e.Function << 32 | e.Size << 37);
    }
}
