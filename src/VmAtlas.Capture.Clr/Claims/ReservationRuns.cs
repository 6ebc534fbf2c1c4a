using VmAtlas.Model;

namespace VmAtlas.Capture.Clr.Claims;

/// <summary>A stretch of address space the runtime reserved at once, as the mappings it is in now: [First, Last], inclusive.</summary>
readonly record struct ReservationRun(int First, int Last, AddressRange Range);

/// <summary>Finds what the .NET runtime reserved, by the mappings alone.</summary>
/// <remarks>
/// Evidence: CoreCLR's VirtualAlloc (<c>ClrVirtualReserve</c>, <c>GCToOSInterface::VirtualReserve</c>) maps private anonymous memory without access and
/// excludes it from core dumps (MADV_DONTDUMP, VmFlags <c>dd</c>); what it commits becomes accessible, and dumped. So an inaccessible private
/// anonymous mapping with <c>dd</c> is the runtime's, and an accessible one without <c>dd</c> that touches it is the committed part.
/// Wrong when a native library does the same (none of the usual allocators does: glibc's arenas have <c>nr</c> and no <c>dd</c>), and at the border
/// where unrelated accessible memory happens to touch a reservation.
/// </remarks>
static class ReservationRuns
{
    static readonly ulong s_dontDump = VmFlags.Bit("dd");

    public static List<ReservationRun> Find(AnnotationContext context)
    {
        var runs = new List<ReservationRun>();
        var mappings = context.Mappings;
        for (var i = 0; i < mappings.Count;)
        {
            var end = i;
            var reserved = false;
            while (end < mappings.Count && (end == i || mappings.Starts[end] == mappings.Ends[end - 1]) && Belongs(context, end))
                reserved |= IsReserved(mappings, end++);
            if (reserved)
                runs.Add(Trimmed(mappings, i, end - 1));
            i = Math.Max(end, i + 1);
        }
        return runs;
    }

    /// <summary>Inaccessible, private, anonymous and left out of core dumps.</summary>
    public static bool IsReserved(BlockTable mappings, int mapping) =>
        !mappings.Protections[mapping].IsAccessible() && (mappings.Flags[mapping] & s_dontDump) != 0;

    static bool Belongs(AnnotationContext context, int mapping)
    {
        var mappings = context.Mappings;
        return mappings.Inodes[mapping] == 0 && mappings.Names[mapping] == 0 && !mappings.Protections[mapping].IsShared()
            && (IsReserved(mappings, mapping) || (mappings.Protections[mapping].IsAccessible() && (mappings.Flags[mapping] & VmFlags.NoReserve) == 0))
            && context.Claims.IsFree(mapping);
    }

    /// <summary>Cuts accessible mappings from the ends that do not touch a reserved one.</summary>
    static ReservationRun Trimmed(BlockTable mappings, int first, int last)
    {
        while (!IsReserved(mappings, first) && !IsReserved(mappings, first + 1))
            first++;
        while (!IsReserved(mappings, last) && !IsReserved(mappings, last - 1))
            last--;
        return new ReservationRun(first, last, AddressRange.Of(mappings.Starts[first], mappings.Ends[last]));
    }
}
