using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Runtimes;

/// <summary>Windows programs under Wine: NT heaps, and threads' Windows stacks.</summary>
/// <remarks>
/// Evidence for a heap: on a border of 64 KiB, 0xFFEEFFEE stands 16 bytes in (the signature of a subheap). For a stack: a page that holds its own
/// address 48 bytes in is a thread environment block, and names the stack's top, limit and reservation. Seen in Wine 8, 64 bit. Only looked for where Wine's
/// own libraries are mapped. It comes before other stacks are looked for, because it knows where a stack ends that the kernel merged with a heap.
/// </remarks>
sealed class WineAnnotator : IAnnotator
{
    const ulong Granularity = 64 << 10, PageBytes = 4096, LargestStack = 1UL << 30;
    const uint SubHeap = 0xffeeffee;
    const int MaxPages = 1 << 16;

    public string Name => "Wine";

    public void Annotate(AnnotationContext context)
    {
        if (context.Target is not IMemorySource memory || !AnonymousMemory.MapsFile(context, "ntdll.so", "wine64", "wine"))
            return;
        var rows = AnonymousMemory.Unclaimed(context, Protection.Read | Protection.Write)
            .Where(r => context.Mappings.Get(Measure.TotalWs, r) > 0).ToList();
        foreach (var row in rows.Where(r => ClaimStacks(context, memory, context.Mappings.Range(r))).Where(context.Claims.IsFree).ToList())
        {
            context.Claims.Claim(context.Claims.AddRegion(MemoryType.PrivateData, "Windows thread environment blocks",
                "pages of it hold their own address where a thread environment block does"), row);
        }
        foreach (var row in rows.Where(r => context.Claims.OwnerOf(r) < 0))
            ClaimHeaps(context, memory, row);
    }

    /// <summary>Claims heaps from their signature to the next one, or to the end of the mapping: the kernel merges what Wine mapped side by side.</summary>
    static void ClaimHeaps(AnnotationContext context, IMemorySource memory, int row)
    {
        var range = context.Mappings.Range(row);
        var (heap, looks) = (0UL, 0);
        Span<ulong> words = stackalloc ulong[3];
        for (var at = AnonymousMemory.AlignUp(range.Start.Value, Granularity); at < range.End.Value && looks++ < MaxPages; at += Granularity)
        {
            if (!AnonymousMemory.TryRead(memory, at, words) || (words[2] & uint.MaxValue) != SubHeap)
                continue;
            if (heap != 0)
                Claim(heap, at);
            heap = at;
        }
        if (heap != 0)
            Claim(heap, range.End.Value);

        void Claim(ulong start, ulong end) => context.Claims.ClaimRange(
            context.Claims.AddRegion(MemoryType.Heap, $"NT heap 0x{start:x}", $"Wine's heap signature stands at 0x{start + 16:x}"), AddressRange.Of(start, end));
    }

    /// <summary>Thread environment blocks lie page by page in small areas. Claims the stacks they name; false when none is there.</summary>
    static bool ClaimStacks(AnnotationContext context, IMemorySource memory, AddressRange range)
    {
        Span<ulong> words = stackalloc ulong[7];
        Span<ulong> bottom = stackalloc ulong[1];
        Span<ulong> thread = stackalloc ulong[1];
        var (pages, found) = (0, false);
        for (var at = range.Start.Value; at < range.End.Value && pages++ < MaxPages; at += PageBytes)
        {
            if (!AnonymousMemory.TryRead(memory, at, words) || words[6] != at || !AnonymousMemory.TryRead(memory, at + 0x1478, bottom))
                continue;
            var (top, limit) = (words[1], words[2]);
            if (bottom[0] >= limit || limit >= top || top - bottom[0] > LargestStack || ((top | bottom[0]) & PageBytes - 1) != 0)
                continue;
            var id = AnonymousMemory.TryRead(memory, at + 0x48, thread) ? thread[0] & uint.MaxValue : 0;
            var region = context.Claims.AddRegion(MemoryType.Stack, $"Windows thread {id:x}, TEB 0x{at:x}",
                $"the thread environment block at 0x{at:x} says its stack is 0x{bottom[0]:x}-0x{top:x}");
            context.Claims.ClaimRange(region, AddressRange.Of(bottom[0], top));
            found = true;
        }
        return found;
    }
}
