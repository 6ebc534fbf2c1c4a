using Microsoft.Diagnostics.Runtime;
using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr.Helper.Inspect;

/// <summary>The segments (or regions) of the collected heap as ranges: used, committed, reserved.</summary>
static class SegmentRanges
{
    /// <param name="torn">Whether a segment made no sense: the list was read while the collector changed it.</param>
    public static List<ManagedRange> Of(ClrHeap heap, out bool torn)
    {
        var ranges = new List<ManagedRange>();
        torn = false;
        foreach (var segment in heap.Segments)
        {
            var committed = segment.CommittedMemory;
            if (committed.Start == 0 || segment.Start < committed.Start || segment.End < segment.Start || segment.End > committed.End)
                torn = true;
            else
                Add(ranges, segment);
        }
        return ranges;
    }

    static void Add(List<ManagedRange> ranges, ClrSegment segment)
    {
        var (kind, heap) = (KindMap.Of(segment.Kind), (short)segment.SubHeap.Index);
        var at = segment.CommittedMemory.Start;
        if (segment.Kind == GCSegmentKind.Ephemeral)
        {
            Used(ManagedKind.Generation2, segment.Generation2.End);
            Used(ManagedKind.Generation1, segment.Generation1.End);
            kind = ManagedKind.Generation0;
        }
        Used(kind, segment.End);
        AddRange(at, segment.CommittedMemory.End, kind, ManagedState.Committed);
        AddRange(Math.Max(at, segment.ReservedMemory.Start), segment.ReservedMemory.End, kind, ManagedState.Reserved);

        // The generations lie one after another in an ephemeral segment, the oldest first.
        void Used(ManagedKind generation, ulong end)
        {
            AddRange(at, end, generation, ManagedState.Used);
            at = Math.Max(at, end);
        }

        void AddRange(ulong start, ulong end, ManagedKind of, ManagedState state)
        {
            if (start < end)
                ranges.Add(new ManagedRange(start, end, of, state, heap));
        }
    }
}
