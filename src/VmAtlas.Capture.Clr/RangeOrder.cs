using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr;

/// <summary>Puts ranges into the order a report promises: by address, without overlap.</summary>
static class RangeOrder
{
    /// <summary>Of two that overlap, the one that begins first keeps what it has; of two that begin together, the shorter.</summary>
    /// <remarks>Overlaps mean that the runtime's lists were read while it changed them, or that a heap was listed twice.</remarks>
    public static List<ManagedRange> Of(List<ManagedRange> ranges)
    {
        ranges.Sort(static (a, b) => a.Start != b.Start ? a.Start.CompareTo(b.Start) : a.End.CompareTo(b.End));
        var ordered = new List<ManagedRange>(ranges.Count);
        var end = 0UL;
        foreach (var range in ranges)
        {
            if (range.End <= end)
                continue;
            ordered.Add(range with { Start = Math.Max(range.Start, end) });
            end = range.End;
        }
        return ordered;
    }
}
