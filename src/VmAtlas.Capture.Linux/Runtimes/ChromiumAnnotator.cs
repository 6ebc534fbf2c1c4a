using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Runtimes;

/// <summary>Chromium's processes, and programs built on it: the reservations of its allocator (PartitionAlloc), of Blink's collector (Oilpan) and of V8.</summary>
/// <remarks>
/// Evidence: Chromium's program or its data file icudtl.dat is mapped, and anonymous memory without a gap is as large as only these reservations are:
/// V8's sandbox a TiB and more, PartitionAlloc's pools 8 GiB and more beginning with a super page (16 KiB guarded, then slots), Oilpan's
/// cage 8 GiB and more beginning with 16 MiB or more guarded, V8's pointer tables 1 GiB, its code range 512 MiB that may be executed. Seen in Chromium 156. Wrong
/// for a program of the family that reserves so much for something else; the insides of none of them are looked at.
/// </remarks>
sealed class ChromiumAnnotator : IAnnotator
{
    const ulong Mib = 1UL << 20, Gib = 1UL << 30, Tib = 1UL << 40;
    const ulong Alignment = 64 * Mib, CodeAlignment = 256 << 10;

    public string Name => "Chromium";

    public void Annotate(AnnotationContext context)
    {
        if (!AnonymousMemory.MapsFile(context, "chrome", "chromium", "icudtl.dat"))
            return;
        foreach (var (first, last) in Spans(context).ToList())
        {
            if (Recognise(context, first, last) is not var (type, name, reason))
                continue;
            var region = context.Claims.AddRegion(type, name, reason);
            for (var row = first; row <= last; row++)
                context.Claims.Claim(region, row);
        }
    }

    /// <summary>Runs of unclaimed private anonymous mappings that touch each other.</summary>
    static IEnumerable<(int First, int Last)> Spans(AnnotationContext context)
    {
        var (first, last) = (-1, -1);
        foreach (var row in AnonymousMemory.Unclaimed(context, Protection.None))
        {
            if (first >= 0 && row == last + 1 && context.Mappings.Starts[row] == context.Mappings.Ends[last])
            {
                last = row;
                continue;
            }
            if (first >= 0)
                yield return (first, last);
            (first, last) = (row, row);
        }
        if (first >= 0)
            yield return (first, last);
    }

    static (MemoryType Type, string Name, string Reason)? Recognise(AnnotationContext context, int first, int last)
    {
        var mappings = context.Mappings;
        var (start, size) = (mappings.Starts[first], mappings.Ends[last] - mappings.Starts[first]);
        var guard = mappings.Protections[first].IsAccessible() ? 0 : mappings.Ends[first] - start;
        // The code range lies beside the program where it can, at the border of a V8 page; the rest at larger ones.
        if ((mappings.Protections[first] & Protection.Execute) != 0 && size == 512 * Mib && (start & CodeAlignment - 1) == 0)
            return (MemoryType.ManagedHeap, "V8 code range", "512 MiB that may be executed are reserved in one piece, as V8's code range is");
        if ((start & Alignment - 1) != 0)
            return null;
        if (size >= Tib)
            return (MemoryType.ManagedHeap, "V8 sandbox", $"{size / Gib:#,0} GiB are reserved in one piece, as only V8's sandbox is");
        if (size >= 8 * Gib && guard is > 0 and <= 64 << 10)
            return (MemoryType.Heap, "PartitionAlloc pools", $"{size / Gib:#,0} GiB are reserved in one piece that begins with a super page, as PartitionAlloc's pools do");
        if (size >= 8 * Gib && guard >= 16 * Mib)
            return (MemoryType.ManagedHeap, "Oilpan cage", $"{size / Gib:#,0} GiB are reserved in one piece, the first {guard / Mib} MiB guarded, as Blink's cage is");
        return size == Gib && guard > 0
            ? (MemoryType.ManagedHeap, "V8 pointer table", "1 GiB is reserved in one piece beginning with a guard, as V8's pointer tables are")
            : null;
    }
}
