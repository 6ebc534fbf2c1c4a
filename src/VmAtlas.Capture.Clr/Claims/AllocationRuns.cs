using VmAtlas.Model;
using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr.Claims;

/// <summary>Finds what the .NET runtime reserved on a system that remembers what was asked for as one thing.</summary>
/// <remarks>
/// Evidence: objects, or the collector's own tables, lie in the allocation, or one of the runtime's heaps begins where it does. Without a report of the runtime: private
/// memory of 64 MiB or more, a part of which is reserved only, in a .NET process; wrong for a native library in it that reserves as much.
/// </remarks>
static class AllocationRuns
{
    const ulong SmallestGcReservation = 64UL << 20;

    public static List<ReservationRun> Find(AnnotationContext context, IAllocationSource source, ManagedReport report)
    {
        var (runs, mappings, next) = (new List<ReservationRun>(), context.Mappings, 0);
        foreach (var allocation in source.Allocations)
        {
            var range = AddressRange.Of(mappings.Starts[allocation.First], mappings.Ends[allocation.Last]);
            for (; next < report.Ranges.Count && report.Ranges[next].Start < range.Start.Value; next++)
            {
            }
            var first = next;
            for (; next < report.Ranges.Count && report.Ranges[next].Start < range.End.Value; next++)
            {
            }
            if (allocation.Kind == AllocationKind.Image || mappings.Names[allocation.First] != 0 || !context.Claims.IsFree(allocation.First))
                continue;
            var isRuntimes = report.Evidence != ManagedEvidence.Shape ? Holds(report, first, next, range.Start.Value)
                : allocation.Kind == AllocationKind.Private && range.Size.Bytes >= SmallestGcReservation && IsReservation(mappings, allocation);
            if (isRuntimes)
                runs.Add(new ReservationRun(allocation.First, allocation.Last, range));
        }
        return runs;
    }

    static bool Holds(ManagedReport report, int first, int end, ulong start)
    {
        for (var i = first; i < end; i++)
        {
            var range = report.Ranges[i];
            if (range.Start == start || range.Kind.HoldsObjects() || range.Kind is ManagedKind.FreeRegions or ManagedKind.Bookkeeping)
                return true;
        }
        return false;
    }

    static bool IsReservation(BlockTable mappings, Allocation allocation)
    {
        for (var row = allocation.First; row <= allocation.Last; row++)
        {
            if (mappings.Get(Measure.Committed, row) == 0)
                return true;
        }
        return false;
    }
}
