using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Runtimes;

/// <summary>V8's heap, in node and in whatever embeds V8: pages of 256 KiB, and larger ones for large objects.</summary>
/// <remarks>
/// Evidence: at a multiple of 256 KiB a page header: its size, its flags, the heap it belongs to (the same in every page of an isolate), and where its
/// objects begin and end, within it. The header also leads to the space (new, old, code, large) the page belongs to, which must name the same heap. Seen in V8 11.3 (node 20). Newer V8 keeps most of the header elsewhere: not recognised. Wrong for a
/// program that writes such a row of words on purpose.
/// </remarks>
sealed class V8Annotator : IAnnotator
{
    const ulong PageAlignment = 256 << 10, SmallestPage = 4096, LargestPage = 4UL << 30;

    /// <summary>Size, flags, heap, where the objects begin and end, three that do not matter here, and the space.</summary>
    const int HeaderWords = 9;

    /// <summary>Spaces by their numbers (enum AllocationSpace of V8 11), the read-only one first, whose pages belong to no heap.</summary>
    static readonly string[] s_spaces =
    [
        "read-only space", "new space", "old space", "code space", "shared space",
        "new large object space", "large object space", "code large object space", "shared large object space",
    ];

    public string Name => "V8";

    public void Annotate(AnnotationContext context)
    {
        if (context.Target is not IMemorySource memory || !HasRoomForV8(context))
            return;
        var regions = new Dictionary<ulong, int>();
        foreach (var start in FirstPages(context, memory))
        {
            foreach (var (range, heap, space) in Pages(context, memory, start))
                context.Claims.ClaimRange(RegionOf(context, regions, heap), range, space);
        }
    }

    /// <summary>V8 has some 20 MiB of code, wherever it is linked in: a process without a file that has so much is not looked into.</summary>
    static bool HasRoomForV8(AnnotationContext context)
    {
        const ulong smallestCode = 8 << 20;
        foreach (var row in context.Index.Files)
        {
            if ((context.Mappings.Protections[row] & Protection.Execute) != 0 && context.Mappings.Range(row).Size.Bytes >= smallestCode)
                return true;
        }
        return false;
    }

    /// <summary>Where mappings begin with what could be a page's header: all are looked at together.</summary>
    static List<ulong> FirstPages(AnnotationContext context, IMemorySource memory)
    {
        var aligned = new List<ulong>();
        var starts = context.Mappings.Starts;
        foreach (var row in AnonymousMemory.Unclaimed(context, Protection.Read))
        {
            if ((starts[row] & PageAlignment - 1) == 0 && context.Mappings.Get(Measure.TotalWs, row) != 0 && aligned.Count < AnonymousMemory.MaxLooks)
                aligned.Add(starts[row]);
        }
        var (words, got) = (new ulong[aligned.Count * HeaderWords], new int[aligned.Count]);
        memory.ReadEach(CollectionsMarshal.AsSpan(aligned), HeaderWords * sizeof(ulong), MemoryMarshal.AsBytes(words.AsSpan()), got);
        var found = new List<ulong>();
        for (var i = 0; i < got.Length; i++)
        {
            if (got[i] == HeaderWords * sizeof(ulong) && IsHeader(aligned[i], words.AsSpan(i * HeaderWords, HeaderWords), out _, out _))
                found.Add(aligned[i]);
        }
        return found;
    }

    /// <summary>Pages side by side from an address on; a page may reach over several mappings, code being protected otherwise than its header.</summary>
    static IEnumerable<(AddressRange Range, ulong Heap, string Space)> Pages(AnnotationContext context, IMemorySource memory, ulong at)
    {
        while (context.Mappings.IndexOf(new Address(at)) is >= 0 and var row && context.Claims.IsFree(row)
            && TryReadPage(memory, at, out var size, out var heap, out var owner))
        {
            yield return (AddressRange.Of(at, at + size), heap, SpaceOf(memory, owner, heap));
            at = AnonymousMemory.AlignUp(at + size, PageAlignment);
        }
    }

    /// <summary>A space holds the heap it belongs to and its number; "" when that is not what is there.</summary>
    static string SpaceOf(IMemorySource memory, ulong owner, ulong heap)
    {
        Span<ulong> space = stackalloc ulong[3];
        return (owner & 7) == 0 && AnonymousMemory.TryRead(memory, owner, space) && space[1] == heap && (space[2] & uint.MaxValue) is var number
            && number > 0 && number < (ulong)s_spaces.Length ? s_spaces[number] : "";
    }

    static bool TryReadPage(IMemorySource memory, ulong at, out ulong size, out ulong heap, out ulong owner)
    {
        Span<ulong> words = stackalloc ulong[HeaderWords];
        (size, heap, owner) = (0, 0, 0);
        if (!AnonymousMemory.TryRead(memory, at, words) || !IsHeader(at, words, out size, out heap))
            return false;
        owner = words[8];
        return true;
    }

    static bool IsHeader(ulong at, ReadOnlySpan<ulong> words, out ulong size, out ulong heap)
    {
        (size, heap) = (words[0], words[2]);
        var (start, end) = (words[3], words[4]);
        return size is >= SmallestPage and <= LargestPage && (size & 4095) == 0 && words[1] < 1UL << 32 && (heap & 7) == 0 && heap >= 65536
            && start > at && start - at < 64 << 10 && end > start && end - at <= size;
    }

    /// <summary>One region for each isolate: its pages lie all over the address space, and one by one they would say nothing.</summary>
    static int RegionOf(AnnotationContext context, Dictionary<ulong, int> regions, ulong heap)
    {
        if (!regions.TryGetValue(heap, out var region))
        {
            regions.Add(heap, region = context.Claims.AddRegion(MemoryType.ManagedHeap, $"V8 heap {regions.Count + 1}",
                $"its pages begin with V8's page headers, which name the heap at 0x{heap:x}"));
        }
        return region;
    }
}
