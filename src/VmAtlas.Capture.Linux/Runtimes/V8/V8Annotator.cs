using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Runtimes.V8;

/// <summary>V8's heap, in node and in whatever embeds V8: pages of 256 KiB, and larger ones for large objects.</summary>
/// <remarks>
/// Evidence: at a multiple of 256 KiB a page header, in one of the three shapes of <see cref="V8Page"/>: its size, its flags, the heap it belongs to (the same in every page of
/// an isolate), and where its objects begin and end, within it. It also leads to the space (new, old, code, large) the page belongs to, which must name the same heap.
/// Seen in V8 11.3, 12.4, 13.6 and 14.6 (node 20, 22, 24 and 26). Wrong for a program that writes such a row of words on purpose.
/// </remarks>
sealed class V8Annotator : IAnnotator
{
    const ulong PageAlignment = 256 << 10;

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
        var (words, got) = (new ulong[aligned.Count * V8Page.HeadWords], new int[aligned.Count]);
        memory.ReadEach(CollectionsMarshal.AsSpan(aligned), V8Page.HeadWords * sizeof(ulong), MemoryMarshal.AsBytes(words.AsSpan()), got);
        var found = new List<ulong>();
        for (var i = 0; i < got.Length; i++)
        {
            if (got[i] == V8Page.HeadWords * sizeof(ulong) && V8Page.Read(memory, aligned[i], words.AsSpan(i * V8Page.HeadWords, V8Page.HeadWords)) is not null)
                found.Add(aligned[i]);
        }
        return found;
    }

    /// <summary>Pages side by side from an address on; a page may reach over several mappings, code being protected otherwise than its header.</summary>
    static IEnumerable<(AddressRange Range, ulong Heap, string Space)> Pages(AnnotationContext context, IMemorySource memory, ulong at)
    {
        while (context.Mappings.IndexOf(new Address(at)) is >= 0 and var row && context.Claims.IsFree(row) && Read(memory, at) is { } page)
        {
            yield return (AddressRange.Of(at, at + page.Size), page.Heap, page.Space(memory));
            at = AnonymousMemory.AlignUp(at + page.Size, PageAlignment);
        }
    }

    static V8Page? Read(IMemorySource memory, ulong at)
    {
        Span<ulong> head = stackalloc ulong[V8Page.HeadWords];
        return AnonymousMemory.TryRead(memory, at, head) ? V8Page.Read(memory, at, head) : null;
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
