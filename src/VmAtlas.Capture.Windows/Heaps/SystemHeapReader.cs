using System.Diagnostics;
using VmAtlas.Capture.Windows.Calls;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Capture.Windows.Heaps;

/// <summary>Walks the heaps of a 64-bit process of Windows, which goes on meanwhile, and says what is in them.</summary>
/// <remarks>Heaps are those that the process environment block lists, and those whose segments were met by their signatures. Segment heaps are not walked: where their blocks lie is
/// encoded with secrets of the process. Nothing is believed: each part has to lie in committed memory and in no other part.</remarks>
public sealed class SystemHeapReader
{
    /// <summary>Names of the layouts that are walked, as <see cref="HeapReport.Allocator"/> has them.</summary>
    public const string Nt = "NT heap", Wine = "Wine heap";

    const int MostHeaps = 4096, Tries = 3;

    readonly WindowsTarget _target;
    readonly BlockTable _mappings;
    readonly HeapWindow _window;
    readonly SizeHistogram _sizes = new();
    readonly ChunkTable? _chunks;
    readonly List<Problem> _problems = [];
    ChunkCount _large;
    int _torn;

    SystemHeapReader(WindowsTarget target, BlockTable mappings, bool keepChunks)
    {
        (_target, _mappings, _window) = (target, mappings, new HeapWindow(target));
        _chunks = keepChunks ? new ChunkTable() : null;
    }

    /// <param name="mappings">The target's, as just read.</param>
    /// <param name="keepChunks">Keep every block, not only their sums.</param>
    /// <returns>Null where no heap is of a layout that is known.</returns>
    public static HeapReport? Read(WindowsTarget target, BlockTable mappings, bool keepChunks, CancellationToken cancellation) =>
        new SystemHeapReader(target, mappings, keepChunks).Read(cancellation);

    HeapReport? Read(CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var tallies = Open();
        if (tallies.Count == 0)
            return null;
        var parts = tallies.SelectMany(t => t.Heap.Segments.Select(p => (Tally: t, Part: p, IsLarge: false)).Concat(t.Heap.LargeBlocks.Select(p => (Tally: t, Part: p, IsLarge: true))));
        var end = 0UL;
        foreach (var (tally, part, isLarge) in parts.OrderBy(p => p.Part.Start))
        {
            if (part.Start < end || part.End <= part.Start || _mappings.IndexOf(new Address(part.Start)) < 0)
                continue;
            end = part.End;
            if (isLarge)
                AddLarge(part);
            else
                Walk(tally, part, cancellation);
        }
        return Report(tallies, clock);
    }

    /// <summary>In the order of the process's own list, which the numbers that regions have follow, too.</summary>
    List<HeapTally> Open()
    {
        var tallies = new List<HeapTally>();
        var (known, unread) = (new HashSet<ulong>(), 0);
        foreach (var handle in Handles().Take(MostHeaps))
        {
            if (!known.Add(handle))
                continue;
            var heap = (SystemHeap?)NtHeap.TryOpen(_target, handle) ?? WineHeap.TryOpen(_target, handle);
            if (heap is not null)
                tallies.Add(new HeapTally(heap, tallies.Count));
            else
                unread++;
        }
        if (unread > 0)
            _problems.Add(new Problem("heap-layout", $"{unread:#,0} heaps are segment heaps, or of another layout that is not known: what is in them is not told"));
        if (_target.Environment.IsWow64)
            _problems.Add(new Problem("heap-narrow", "it is a 32-bit process: only the heaps of its 64-bit side are told"));
        return tallies;
    }

    IEnumerable<ulong> Handles()
    {
        foreach (var (peb, layout) in _target.Environment.Blocks)
        {
            foreach (var (heap, _) in layout.IsWide ? _target.Environment.Heaps(peb, layout) : [])
                yield return heap;
        }
        foreach (var allocation in _target.Allocations)
        {
            var layout = PebLayout.Wide;
            if (allocation.Kind != AllocationKind.Image && IsCommitted(allocation.First)
                && _target.TryReadWord(allocation.Base, layout.SegmentSignature, wide: false, out var signature) && signature == Annotators.HeapHeader.SegmentSignature
                && (!_target.TryReadWord(allocation.Base, layout.SegmentHeap, wide: true, out var owner) || owner == allocation.Base || _mappings.IndexOf(new Address(owner)) < 0))
                yield return allocation.Base;
        }
    }

    void Walk(HeapTally tally, HeapPart part, CancellationToken cancellation)
    {
        var (at, before) = (part.Start, 0UL);
        while (at < part.End)
        {
            cancellation.ThrowIfCancellationRequested();
            var run = CommittedRun(at, part.End);
            if (run == at)
            {
                (at, before) = (NextRun(at, part.End), 0);
                continue;
            }
            tally.Committed += run - at;
            at = WalkRun(tally, at, run, before);
            before = 0;
        }
    }

    /// <summary>Blocks of a run of committed memory, up to its end or to what is none.</summary>
    ulong WalkRun(HeapTally tally, ulong at, ulong end, ulong before)
    {
        while (at + SystemHeap.HeaderBytes < end)
        {
            if (!TryRead(tally.Heap, at, before, out var block) || block.Size > end - at && !block.IsFree)
            {
                _torn++;
                tally.Unknown += end - at;
                return end;
            }
            block = block with { Size = Math.Min(block.Size, end - at), At = at };
            if (!block.IsFree && tally.Heap.Inside(_window, at, block.Size) is { } inside)
            {
                foreach (var one in inside)
                    Add(tally, one);
            }
            else
            {
                Add(tally, block);
            }
            (at, before) = (at + block.Size, block.Size);
        }
        return end;
    }

    /// <summary>A header that does not fit may have been caught while the program changed it.</summary>
    bool TryRead(SystemHeap heap, ulong at, ulong before, out HeapBlock block)
    {
        for (var i = 0; i < Tries; i++)
        {
            if (heap.TryRead(_window.At(at, SystemHeap.HeaderBytes), before, out block))
                return true;
            _window.Forget();
        }
        block = default;
        return false;
    }

    void Add(HeapTally tally, HeapBlock block)
    {
        tally.Add(block);
        _chunks?.Add(block.At, block.Size, block.IsFree ? ChunkState.Free : ChunkState.InUse);
        if (block.IsFree)
            _sizes.AddFree(block.Size);
        else
            _sizes.AddUsed(block.Size);
    }

    void AddLarge(HeapPart part)
    {
        var size = part.End - part.Start & ~15UL;
        _large += new ChunkCount(1, size);
        _sizes.AddUsed(size);
        _chunks?.Add(part.Start, size, ChunkState.Mapped);
    }

    bool IsCommitted(int row) => _mappings.Protections[row] != Protection.None || (_mappings.Facts[row] & BlockFlags.NoAccess) != 0;

    /// <summary>The end of the committed memory that an address lies in, the address itself where it lies in none.</summary>
    ulong CommittedRun(ulong at, ulong end)
    {
        for (var row = _mappings.IndexOf(new Address(at)); row >= 0 && row < _mappings.Count && _mappings.Starts[row] <= at && at < end && IsCommitted(row); row++)
            at = _mappings.Ends[row];
        return Math.Min(at, end);
    }

    /// <summary>Where committed memory goes on.</summary>
    ulong NextRun(ulong at, ulong end)
    {
        for (var row = _mappings.IndexOf(new Address(at)); row >= 0 && row < _mappings.Count && _mappings.Starts[row] < end; row++)
        {
            if (IsCommitted(row) && _mappings.Starts[row] > at)
                return _mappings.Starts[row];
        }
        return end;
    }

    HeapReport Report(List<HeapTally> tallies, Stopwatch clock)
    {
        if (_torn > 0)
            _problems.Add(new Problem("heap-torn", $"in {_torn:#,0} places a block's header did not fit: the target went on using its heap, or it is damaged; what lies behind is not told"));
        var arenas = tallies.Select(t => t.ToReport()).ToList();
        var (inUse, free, system) = (_large, default(ChunkCount), 0UL);
        foreach (var arena in arenas)
            (inUse, free, system) = (inUse + arena.InUse, free + arena.Free, system + arena.System);
        return new HeapReport
        {
            Allocator = tallies[0].Heap.Kind,
            Library = "ntdll.dll",
            Totals = new HeapTotals(system, free.Chunks, 0, _large.Chunks, _large.Bytes, 0, system - Math.Min(system, free.Bytes), free.Bytes, 0),
            InUse = inUse,
            Usable = inUse.Bytes - 8 * inUse.Chunks - 8 * _large.Chunks,
            Mapped = _large,
            Arenas = arenas,
            Sizes = _sizes,
            Chunks = _chunks,
            Approximate = _torn > 0 || _problems.Count > 0,
            Problems = _problems,
            Took = clock.Elapsed,
        };
    }
}
