using VmAtlas.Capture.Linux.Memory;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Runtimes;

/// <summary>HotSpot's memory: the Java heap and the code cache by the virtual machine's own description of itself, the rest by what is left.</summary>
/// <remarks>
/// Evidence: libjvm.so is mapped and exports its structures; the heap's reservation and the code cache's bounds are read from them. What anonymous
/// memory of 64 KiB and more is then left (malloc and stacks have been claimed before) the virtual machine reserved for itself: metaspace, the collector's
/// tables and bitmaps, symbol and string tables. That part is by elimination, and wrong for what native libraries map by hand. ZGC maps its heap
/// shared and several times: not recognised here. Other virtual machines than HotSpot are not.
/// </remarks>
sealed class JvmAnnotator : IAnnotator
{
    const ulong Smallest = 64 << 10, LargestReservation = 1UL << 46;

    public string Name => "JVM";

    public void Annotate(AnnotationContext context)
    {
        if (AnonymousMemory.FindFile(context, "libjvm.so") is not (>= 0 and var library) || context.Target is not IMemorySource memory)
            return;
        var described = ClaimDescribed(context, memory, library);
        var rest = context.Claims.AddRegion(MemoryType.ManagedHeap, "JVM: metaspace and tables",
            "libjvm.so is mapped, and this is neither malloc's, nor a stack, nor the Java heap or the code cache: it reserved it for itself");
        foreach (var row in AnonymousMemory.NotWholly(context, Protection.None))
        {
            if (context.Mappings.Range(row).Size.Bytes >= Smallest)
                context.Claims.Claim(rest, row);
        }
        if (!described)
            throw new AnnotatorUnavailableException("libjvm.so does not describe its structures, or they are not in memory: the Java heap is not told from the rest");
    }

    static bool ClaimDescribed(AnnotationContext context, IMemorySource memory, int library)
    {
        using var file = (context.Target as IMappedFiles)?.OpenMapped(context.Mappings, context.Strings, library);
        if (file is null || HotSpotFields.Read(context, memory, file, library) is not { } fields)
            return false;
        var found = false;
        if (fields.Static("Universe::_collectedHeap") is { } heap && fields.AddressOf(heap, "CollectedHeap::_reserved") is { } reserved
            && fields.Of(reserved, "MemRegion::_start") is { } start && fields.Of(reserved, "MemRegion::_word_size") is { } words)
            found = Claim(context, "Java heap", "the virtual machine's CollectedHeap says it reserved", start, words < LargestReservation ? words * 8 : 0);
        if (fields.Static("CodeCache::_low_bound") is { } low && fields.Static("CodeCache::_high_bound") is { } high && low < high)
            Claim(context, "Java code cache", "the virtual machine's CodeCache says its bounds are", low, high - low);
        return found;
    }

    static bool Claim(AnnotationContext context, string name, string reason, ulong start, ulong size)
    {
        if (size is 0 or > LargestReservation || start > LargestReservation * 2)
            return false;
        var range = AddressRange.Of(start, start + size);
        var region = context.Claims.AddRegion(MemoryType.ManagedHeap, name, $"{reason} 0x{start:x}-0x{start + size:x}");
        foreach (var row in context.Claims.MappingsIn(range).ToList())
        {
            // Objects of the shared archive (CDS) are mapped from their file into the middle of the heap.
            var label = context.Mappings.Inodes[row] != 0 ? "shared archive" : context.Mappings.Protections[row].IsAccessible() ? "" : "reserved";
            context.Claims.ClaimRange(region, context.Mappings.Range(row).Intersect(range), label);
        }
        return true;
    }
}
