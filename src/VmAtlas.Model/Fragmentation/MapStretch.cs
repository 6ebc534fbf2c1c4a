namespace VmAtlas.Model;

/// <summary>Neighbouring bytes of one kind: a block, a gap, or a part of one.</summary>
/// <param name="IsEmpty">Nothing is in it, so it may be folded.</param>
readonly record struct MapStretch(ulong Start, ulong End, MemoryType Type, bool IsEmpty, ulong Resident)
{
    public ulong Size => End - Start;

    public bool FoldsAt(ulong cellBytes) => IsEmpty && Size > cellBytes;
}

static class MapStretches
{
    /// <summary>Blocks and gaps of a window in order of address, cut at its ends.</summary>
    public static List<MapStretch> Of(Snapshot snapshot, AddressRange window)
    {
        var (blocks, gaps, stretches) = (snapshot.Blocks, snapshot.Gaps, new List<MapStretch>(snapshot.Blocks.Count + snapshot.Gaps.Count));
        var (at, gap) = (0UL, 0);
        for (var i = 0; i < blocks.Count; i++)
        {
            AddGaps(blocks.Starts[i]);
            // Nothing is known of what lies between user space and a page of the kernel's: it belongs to nobody.
            AddEmpty(at, blocks.Starts[i], MemoryType.Unusable);
            Add(BlockStretch(snapshot, i));
            at = blocks.Ends[i];
        }
        AddGaps(ulong.MaxValue);
        return stretches;

        void AddGaps(ulong upTo)
        {
            for (; gap < gaps.Count && gaps.Range(gap).Start.Value < upTo; gap++)
            {
                AddEmpty(gaps.Range(gap).Start.Value, gaps.Range(gap).End.Value, gaps.Type(gap));
                at = gaps.Range(gap).End.Value;
            }
        }

        void AddEmpty(ulong start, ulong end, MemoryType type)
        {
            if (end > start)
                Add(new MapStretch(start, end, type, IsEmpty: true, 0));
        }

        void Add(MapStretch stretch)
        {
            var (start, end) = (Math.Max(stretch.Start, window.Start.Value), Math.Min(stretch.End, window.End.Value));
            if (end > start)
                stretches.Add(stretch with { Start = start, End = end, Resident = Part(stretch, end - start) });
        }
    }

    static MapStretch BlockStretch(Snapshot snapshot, int block)
    {
        var (blocks, resident) = (snapshot.Blocks, snapshot.Blocks.Get(Measure.TotalWs, block));
        var isEmpty = resident == 0 && blocks.Get(Measure.Committed, block) == 0 && blocks.Get(Measure.Swap, block) == 0
            && !blocks.Protections[block].IsAccessible();
        return new MapStretch(blocks.Starts[block], blocks.Ends[block], snapshot.Regions.Types[blocks.Regions[block]], isEmpty, resident);
    }

    static ulong Part(in MapStretch stretch, ulong bytes) =>
        bytes == stretch.Size ? stretch.Resident : (ulong)((UInt128)stretch.Resident * bytes / stretch.Size);
}
