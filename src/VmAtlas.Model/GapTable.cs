namespace VmAtlas.Model;

/// <summary>The parts of the user address space that no block covers, each Free or Unusable, in order of address.</summary>
public sealed class GapTable
{
    readonly List<ulong> _starts = [];
    readonly List<ulong> _ends = [];
    readonly List<bool> _unusable = [];

    public int Count => _starts.Count;

    public AddressRange Range(int index) => AddressRange.Of(_starts[index], _ends[index]);

    public MemoryType Type(int index) => _unusable[index] ? MemoryType.Unusable : MemoryType.Free;

    /// <summary>The gap that holds an address, or -1.</summary>
    public int IndexOf(Address address)
    {
        var i = _starts.BinarySearch(address.Value);
        if (i < 0)
            i = ~i - 1;
        return i >= 0 && address.Value < _ends[i] ? i : -1;
    }

    /// <summary>
    /// Walks the blocks once. A hole is cut at <see cref="AddressSpaceLayout.Lowest"/> and at the guard gap below a mapping
    /// that grows down (the kernel's <c>vm_start_gap</c>): a new mapping is never put there, so it is not free. The same holds
    /// for the rest behind a mapping up to the next multiple of <see cref="AddressSpaceLayout.Granularity"/>.
    /// </summary>
    public static GapTable Between(BlockTable blocks, AddressSpaceLayout layout)
    {
        var gaps = new GapTable();
        var at = 0UL;
        var starts = blocks.Starts;
        var ends = blocks.Ends;
        var flags = blocks.Flags;
        for (var i = 0; i < starts.Length && starts[i] < layout.End.Value; i++)
        {
            if (starts[i] > at)
            {
                var guard = (flags[i] & VmFlags.GrowsDown) != 0 ? Math.Min(layout.StackGuardGap.Bytes, starts[i] - at) : 0;
                gaps.AddHole(at, starts[i] - guard, layout);
                gaps.Add(starts[i] - guard, starts[i], unusable: true);
            }
            at = Math.Max(at, ends[i]);
        }
        gaps.AddHole(at, layout.End.Value, layout);
        return gaps;
    }

    void AddHole(ulong start, ulong end, AddressSpaceLayout layout)
    {
        if (end <= start)
            return;
        var granularity = layout.Granularity.Bytes;
        var rest = granularity == 0 || start % granularity == 0 ? 0 : granularity - start % granularity;
        var cut = Math.Clamp(Math.Max(layout.Lowest.Value, start + rest), start, end);
        Add(start, cut, unusable: true);
        Add(cut, end, unusable: false);
    }

    void Add(ulong start, ulong end, bool unusable)
    {
        if (end <= start)
            return;
        _starts.Add(start);
        _ends.Add(end);
        _unusable.Add(unusable);
    }
}
