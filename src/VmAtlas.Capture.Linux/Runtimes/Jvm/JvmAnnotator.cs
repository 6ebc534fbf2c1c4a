using System.Globalization;
using VmAtlas.Capture.Linux.Memory;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Runtimes.Jvm;

/// <summary>HotSpot's memory: Java heap with its spaces, code cache, class space, metaspace and card table by the virtual machine's own description of itself,
/// tables of the collector by their size, the rest by what is left.</summary>
/// <remarks>
/// Evidence: libjvm.so is mapped and exports its structures (<see cref="HotSpotFields"/>). What anonymous memory of 64 KiB and more is left at the end (malloc and
/// stacks have been claimed before) the virtual machine reserved for itself; that part is by elimination, and wrong for what native libraries map by hand. ZGC's heap
/// is a memory file mapped several times, known by its name. Nothing is asked of the program: jcmd would make it start a thread, and its native memory
/// tracking is off unless it was started with it. Seen in OpenJDK 17. Other virtual machines than HotSpot are not recognised.
/// </remarks>
sealed class JvmAnnotator : IAnnotator
{
    const ulong Smallest = 64 << 10, LargestReservation = 1UL << 46;

    public string Name => "JVM";

    public void Annotate(AnnotationContext context)
    {
        if (AnonymousMemory.FindFile(context, "libjvm.so") is not (>= 0 and var library) || context.Target is not IMemorySource memory)
            return;
        var described = ClaimDescribed(context, memory, library) | ClaimZHeap(context);
        var rest = context.Claims.AddRegion(MemoryType.ManagedHeap, "Java: other tables and reservations",
            "libjvm.so is mapped, and this is neither malloc's, nor a stack, nor anything the virtual machine describes: it reserved it for itself");
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
        var claimed = ClaimHeap(context, fields, out var heapSize);
        ClaimCode(context, fields);
        ClaimMetaspace(context, fields);
        ClaimCardTable(context, fields);
        ClaimBySize(context, heapSize);
        return claimed;
    }

    static bool ClaimHeap(AnnotationContext context, HotSpotFields fields, out ulong size)
    {
        size = 0;
        if (fields.Static("Universe::_collectedHeap") is not { } heap || fields.AddressOf(heap, "CollectedHeap::_reserved") is not { } reserved
            || fields.Of(reserved, "MemRegion::_start") is not { } start || fields.Of(reserved, "MemRegion::_word_size") is not { } words
            || Claim(context, "Java heap", "the virtual machine's CollectedHeap says it reserved", start, words < LargestReservation ? words * 8 : 0) is not { } region)
            return false;
        size = words * 8;
        if (JavaSpaces.Read(fields, heap, start, size) is not { } spaces)
            return true;
        context.Claims.AddFact(region, "java-gc", spaces.Collector);
        context.Claims.AddFact(region, "java-used", spaces.Used.ToString(CultureInfo.InvariantCulture));
        foreach (var (range, name) in Joined(spaces.Spaces))
            LabelAccessible(context, region, range, name);
        return true;
    }

    static IEnumerable<(AddressRange Range, string Name)> Joined(IReadOnlyList<JavaSpace> spaces)
    {
        for (var i = 0; i < spaces.Count; i++)
        {
            var first = i;
            while (i + 1 < spaces.Count && spaces[i + 1].Bottom == spaces[i].End && spaces[i + 1].Name == spaces[i].Name)
                i++;
            yield return (AddressRange.Of(spaces[first].Bottom, spaces[i].End), spaces[first].Name);
        }
    }

    /// <summary>What is reserved and not committed keeps that name.</summary>
    static void LabelAccessible(AnnotationContext context, int region, AddressRange range, string name)
    {
        foreach (var row in context.Claims.MappingsIn(range).ToList())
        {
            if (context.Mappings.Protections[row].IsAccessible() && context.Mappings.Inodes[row] == 0)
                context.Claims.Label(region, context.Mappings.Range(row).Intersect(range), name);
        }
    }

    static void ClaimCode(AnnotationContext context, HotSpotFields fields)
    {
        const uint mostHeaps = 16; // three, or one
        if (fields.Static("CodeCache::_low_bound") is { } low && fields.Static("CodeCache::_high_bound") is { } high && low < high)
            Claim(context, "Java code cache", "the virtual machine's CodeCache says its bounds are", low, high - low);
        if (fields.Static("CodeCache::_heaps") is not { } heaps || fields.Int(heaps, "GrowableArrayBase::_len") is not (<= mostHeaps and var count)
            || fields.Of(heaps, "GrowableArray<int>::_data") is not { } data)
            return;
        var pointers = new ulong[count];
        if (!fields.TryRead(data, pointers))
            return;
        foreach (var heap in pointers)
        {
            if (fields.AddressOf(heap, "CodeHeap::_segmap") is { } map && fields.Of(map, "VirtualSpace::_low_boundary") is { } start
                && fields.Of(map, "VirtualSpace::_high_boundary") is { } end && start < end)
                Claim(context, "Java code cache: segment map", "a heap of the code cache says its map is", start, end - start);
        }
    }

    static void ClaimMetaspace(AnnotationContext context, HotSpotFields fields)
    {
        int classSpace = -1, metaspace = -1;
        foreach (var (address, isClass) in JavaMetaspace.Samples(fields))
        {
            if (address > LargestReservation * 2 || context.Mappings.IndexOf(new Address(address)) is not (>= 0 and var row) || !IsFreeAnonymous(context, row))
                continue;
            ref var region = ref isClass ? ref classSpace : ref metaspace;
            if (region < 0)
                region = isClass ? context.Claims.AddRegion(MemoryType.ManagedHeap, "Java class space", "classes of the virtual machine's class loaders lie in it")
                    : context.Claims.AddRegion(MemoryType.ManagedHeap, "Java metaspace", "constants of classes of the virtual machine's class loaders lie in it");
            ClaimStretch(context, region, row);
        }
    }

    /// <summary>Claims a mapping and what touches it: the parts of one reservation, committed and not. An arena of malloc's that nobody recognised may touch it
    /// too: those begin at a multiple of 64 MiB, and so does nothing in the middle of a reservation that is committed from its beginning on.</summary>
    static void ClaimStretch(AnnotationContext context, int region, int row)
    {
        var (first, last) = (row, row);
        while (first > 0 && !MayBegin(context, first) && IsFreeAnonymous(context, first - 1) && context.Mappings.Ends[first - 1] == context.Mappings.Starts[first])
            first--;
        while (last + 1 < context.Mappings.Count && !MayBegin(context, last + 1) && IsFreeAnonymous(context, last + 1) && context.Mappings.Starts[last + 1] == context.Mappings.Ends[last])
            last++;
        // A reservation is committed from its beginning on: what is inaccessible before is another's end.
        while (!context.Mappings.Protections[first].IsAccessible())
            first++;
        for (var i = first; i <= last; i++)
        {
            context.Claims.Claim(region, i);
            if (!context.Mappings.Protections[i].IsAccessible())
                context.Claims.Label(region, context.Mappings.Range(i), "reserved");
        }
    }

    static bool MayBegin(AnnotationContext context, int row)
    {
        const ulong arena = 64 << 20;
        return context.Mappings.Protections[row].IsAccessible() && (context.Mappings.Starts[row] & arena - 1) == 0
            && row > 0 && !context.Mappings.Protections[row - 1].IsAccessible();
    }

    static void ClaimCardTable(AnnotationContext context, HotSpotFields fields)
    {
        if (fields.Static("BarrierSet::_barrier_set") is { } barriers && fields.Of(barriers, "CardTableBarrierSet::_card_table") is { } table
            && fields.Of(table, "CardTable::_byte_map") is { } map && fields.Of(table, "CardTable::_byte_map_size") is { } size)
            Claim(context, "Java GC: card table", "the collector's card table says it is", map, size);
    }

    /// <summary>G1's and Parallel's tables have sizes that follow from the heap's: a bit for each 8 bytes (marks), a byte for each 512 (cards, offsets of objects).</summary>
    static void ClaimBySize(AnnotationContext context, ulong heap)
    {
        if (heap < 64 * Smallest)
            return;
        var region = -1;
        foreach (var row in AnonymousMemory.Unclaimed(context, Protection.Read | Protection.Write))
        {
            var size = context.Mappings.Range(row).Size.Bytes;
            if (size != heap / 64 && size != heap / 32 && size != heap / 512 && size != heap / 256)
                continue;
            if (region < 0)
                region = context.Claims.AddRegion(MemoryType.ManagedHeap, "Java GC: marks and tables",
                    "its size is to the heap's as a mark bitmap's (1/64, or two side by side) or a card or offset table's (1/512, or two) is");
            context.Claims.Claim(region, row);
        }
    }

    static bool ClaimZHeap(AnnotationContext context)
    {
        var region = -1;
        for (var row = 0; row < context.Mappings.Count; row++)
        {
            if (!context.Claims.IsFree(row) || !context.Strings.Utf8(context.Mappings.Names[row]).StartsWith("/memfd:java_heap"u8))
                continue;
            if (region < 0)
                region = context.Claims.AddRegion(MemoryType.ManagedHeap, "Java heap (ZGC)",
                    "a memory file named java_heap is mapped by a Java virtual machine: ZGC's heap, each page of it up to three times");
            context.Claims.Claim(region, row);
            if (row + 1 < context.Mappings.Count && context.Mappings.Starts[row + 1] == context.Mappings.Ends[row] && IsFreeAnonymous(context, row + 1)
                && !context.Mappings.Protections[row + 1].IsAccessible())
                context.Claims.ClaimRange(region, context.Mappings.Range(row + 1), "reserved");
        }
        return region >= 0;
    }

    static bool IsFreeAnonymous(AnnotationContext context, int row) =>
        context.Mappings.Inodes[row] == 0 && context.Mappings.Names[row] == 0 && !context.Mappings.Protections[row].IsShared() && context.Claims.IsFree(row);

    /// <summary>Claims a stretch the virtual machine named; null when it can be none.</summary>
    static int? Claim(AnnotationContext context, string name, string reason, ulong start, ulong size)
    {
        if (size is 0 or > LargestReservation || start > LargestReservation * 2)
            return null;
        var range = AddressRange.Of(start, start + size);
        var region = context.Claims.AddRegion(MemoryType.ManagedHeap, name, $"{reason} 0x{start:x}-0x{start + size:x}");
        foreach (var row in context.Claims.MappingsIn(range).ToList())
        {
            // Objects of the shared archive (CDS) are mapped from their file into the middle of the heap.
            var label = context.Mappings.Inodes[row] != 0 ? "shared archive" : context.Mappings.Protections[row].IsAccessible() ? "" : "reserved";
            context.Claims.ClaimRange(region, context.Mappings.Range(row).Intersect(range), label);
        }
        return region;
    }
}
