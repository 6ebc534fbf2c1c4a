using Microsoft.Diagnostics.Runtime;
using VmAtlas.Capture.Clr.Helper.Memory;
using VmAtlas.Capture.Clr.Wire;
using VmAtlas.Model;
using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr.Helper.Inspect;

/// <summary>Counts the objects of the heap by type, by stepping from object to object.</summary>
/// <remarks>
/// An object begins with the address of its method table, which has its size: base + elements × element size, rounded up to 8. Each method
/// table is looked up once through the DAC; the walk itself is ours, over memory read in large pieces. The target runs on: where no valid
/// method table is found the walk goes on at the next word that could be one, and what was passed over is counted. Zeros are
/// what an allocation context has not given out yet, and count as nothing.
/// </remarks>
sealed class HeapWalk(ClrHeap heap, ITargetMemory memory, ManagedReport ranges)
{
    /// <summary>Names kept apart: a hostile heap can make up any number.</summary>
    const int MaxTypes = WireLimits.Types;

    /// <summary>What is needed of a type to step over its objects; <c>BaseSize</c> 0 marks what is no method table.</summary>
    sealed class Known
    {
        public string Name = "";
        public uint BaseSize, ComponentSize;
        public bool IsFree;
        public long Count, Bytes;
    }

    static readonly Known s_none = new();

    readonly Dictionary<ulong, Known> _types = [];
    readonly byte[] _buffer = new byte[1 << 20];
    long _skipped;

    public HeapStatistics Walk()
    {
        var totals = new GenerationStatistics[(int)ManagedKind.Frozen + 1];
        foreach (var segment in heap.Segments)
        {
            foreach (var (kind, range) in GenerationsOf(segment))
            {
                ref var total = ref totals[(int)kind];
                total = WalkRange(range, total);
            }
        }
        return new HeapStatistics
        {
            Types = Types(),
            Generations = [.. totals.Select((t, i) => t with { Kind = (ManagedKind)i }).Where(t => t.Bytes + t.FreeBytes > 0)],
            SkippedBytes = _skipped,
        };
    }

    List<TypeStatistics> Types() =>
    [
        .. _types.Values.Where(t => t.Count > 0)
            .GroupBy(t => t.Name, (name, same) => new TypeStatistics(name, same.Sum(t => t.Count), same.Sum(t => t.Bytes)))
            .OrderByDescending(t => t.Bytes).ThenBy(t => t.Name, StringComparer.Ordinal),
    ];

    static IEnumerable<(ManagedKind Kind, MemoryRange Range)> GenerationsOf(ClrSegment segment)
    {
        if (segment.Kind != GCSegmentKind.Ephemeral)
            return [(KindMap.Of(segment.Kind), segment.ObjectRange)];
        return [(ManagedKind.Generation2, segment.Generation2), (ManagedKind.Generation1, segment.Generation1), (ManagedKind.Generation0, segment.Generation0)];
    }

    GenerationStatistics WalkRange(MemoryRange range, GenerationStatistics total)
    {
        var at = range.Start;
        while (at < range.End)
        {
            // Overlapping by the 12 bytes that tell an object's size keeps the step below free of a special case.
            var have = memory.Read(at, _buffer.AsSpan(0, (int)Math.Min((ulong)_buffer.Length, range.End - at)));
            if (have < 16)
            {
                var next = Math.Min(range.End, (at | 0xfff) + 1);
                _skipped += (long)(next - at);
                at = next;
                continue;
            }
            at = Step(_buffer.AsSpan(0, have), at, range.End, ref total);
        }
        return total;
    }

    /// <summary>Steps over the objects that begin in a piece of memory and returns where the next begins, in it no more.</summary>
    ulong Step(ReadOnlySpan<byte> bytes, ulong start, ulong end, ref GenerationStatistics total)
    {
        var at = 0UL;
        while (at + 16 <= (ulong)bytes.Length)
        {
            var word = BitConverter.ToUInt64(bytes[(int)at..]);
            // A word whose lower half is zero is unused memory, or the header before an object. The collector marks objects in the lowest bits.
            var type = (word & 0xffff_ffff) == 0 ? s_none : TypeOf(word & ~7UL);
            if (type.BaseSize == 0)
            {
                _skipped += (word & 0xffff_ffff) == 0 ? 0 : 8;
                at += 8;
                continue;
            }
            var count = type.ComponentSize == 0 ? 0 : BitConverter.ToUInt32(bytes[((int)at + 8)..]);
            var size = (type.BaseSize + (ulong)count * type.ComponentSize + 7) & ~7UL;
            if (size > end - start - at)
            {
                _skipped += 8;
                at += 8;
                continue;
            }
            total = type.IsFree
                ? total with { FreeCount = total.FreeCount + 1, FreeBytes = total.FreeBytes + (long)size }
                : total with { Count = total.Count + 1, Bytes = total.Bytes + (long)size };
            type.Count++;
            type.Bytes += (long)size;
            at += size;
        }
        return start + at + (end - start - at < 16 ? end - start - at : 0);
    }

    Known TypeOf(ulong methodTable)
    {
        if (_types.TryGetValue(methodTable, out var known))
            return known;
        if (_types.Count >= MaxTypes)
            return s_none;
        var type = CanBeMethodTable(methodTable) ? heap.GetTypeByMethodTable(methodTable) : null;
        known = type is null || type.StaticSize <= 0 ? s_none : new Known
        {
            Name = type.Name ?? $"(unnamed, method table {methodTable:x})",
            BaseSize = (uint)type.StaticSize,
            ComponentSize = (uint)Math.Max(0, type.ComponentSize),
            IsFree = type.IsFree,
        };
        _types.Add(methodTable, known);
        return known;
    }

    /// <summary>Method tables lie in the runtime's loader heaps; in memory nobody knows (a collectible assembly's) only one that looks like it.
    /// What is left over of moved objects would else be taken for one now and then, which the DAC does not always survive.</summary>
    bool CanBeMethodTable(ulong address)
    {
        if (ranges.Find(new Address(address)) is { } range)
            return range.Kind is ManagedKind.HighFrequency or ManagedKind.LowFrequency or ManagedKind.Other;
        const uint largest = 1 << 24;
        Span<byte> head = stackalloc byte[8];
        return address == heap.FreeType.MethodTable
            || (memory.Read(address, head) == head.Length && BitConverter.ToUInt32(head[4..]) is >= 16 and <= largest);
    }
}
