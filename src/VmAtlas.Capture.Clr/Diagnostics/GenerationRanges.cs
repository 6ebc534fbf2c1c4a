using System.Buffers.Binary;
using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr.Diagnostics;

/// <summary>Gathers the generations' ranges that a runtime tells around each collection.</summary>
/// <remarks>
/// GCGenerationRange (event 23): generation, start, bytes used, bytes reserved. The runtime tells all ranges after GCStart (1), as they were, and again before
/// GCEnd (2), as they are; in between comes GCGlobalHeapHistory (205), which has the number of heaps. What is frozen, and the collector's tables, it does not
/// tell. A range that can not be is left out. A collection of the young generations may begin and end inside one in the background.
/// </remarks>
sealed class GenerationRanges
{
    const int Start = 1, End = 2, Range = 23, History = 205;
    const int MaxRanges = 1 << 19;
    const ulong Highest = 1UL << 56;

    readonly List<ManagedRange> _gathered = [];

    /// <summary>The ranges after a collection; null until one has ended.</summary>
    public IReadOnlyList<ManagedRange>? Told { get; private set; }

    /// <summary>Whether there are several heaps, which only server GC has; null when there is one, or nothing was told.</summary>
    public bool? IsServer { get; private set; }

    public void Receive(int id, ReadOnlySpan<byte> payload)
    {
        if (id == Range)
            Add(payload);
        if (id == End && _gathered.Count > 0)
            Told = RangeOrder.Of([.. _gathered]);
        if (id == History && payload.Length >= 12 && BinaryPrimitives.ReadInt32LittleEndian(payload[8..]) > 1)
            IsServer = true;
        if (id is Start or End or History)
            _gathered.Clear();
    }

    void Add(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 25 || payload[0] > 4 || _gathered.Count >= MaxRanges)
            return;
        var start = BinaryPrimitives.ReadUInt64LittleEndian(payload[1..]);
        var used = BinaryPrimitives.ReadUInt64LittleEndian(payload[9..]);
        var reserved = BinaryPrimitives.ReadUInt64LittleEndian(payload[17..]);
        if (start is 0 or >= Highest || reserved >= Highest || used > reserved)
            return;
        // What lies before the first object is the region's own header.
        const ulong header = 0xfff;
        var kind = payload[0] switch
        {
            0 => ManagedKind.Generation0,
            1 => ManagedKind.Generation1,
            2 => ManagedKind.Generation2,
            3 => ManagedKind.Large,
            _ => ManagedKind.Pinned,
        };
        if (used > 0)
            _gathered.Add(new ManagedRange(start & ~header, start + used, kind, ManagedState.Used, Heap: -1));
        if (reserved > used)
            _gathered.Add(new ManagedRange(start + used, start + reserved, kind, ManagedState.Committed, Heap: -1));
    }
}
