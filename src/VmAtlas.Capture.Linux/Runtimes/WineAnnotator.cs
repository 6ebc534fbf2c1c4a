using VmAtlas.Capture.Linux.Runtimes.Wine;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Runtimes;

/// <summary>Windows programs under Wine: NT heaps, and threads' Windows stacks.</summary>
/// <remarks>
/// Evidence for a heap: on a border of 64 KiB, 0xFFEEFFEE stands 16 bytes in (the signature of a subheap). For a stack: a page that holds its own
/// address 48 bytes in is a thread environment block, and names the stack's top, limit and reservation, and Wine's own stack for the thread's system
/// calls, which lies above it. Seen in Wine 8, 64 bit. Only looked for where Wine's own libraries are mapped. It comes before other stacks are looked for,
/// because it knows where a stack ends that the kernel merged with a heap.
/// </remarks>
sealed class WineAnnotator : IAnnotator
{
    const ulong Granularity = 64 << 10, PageBytes = 4096, SystemStackBytes = 1 << 20;
    const uint SubHeap = 0xffeeffee;
    const int MaxPages = 1 << 16;

    public string Name => "Wine";

    public void Annotate(AnnotationContext context)
    {
        if (context.Target is not IMemorySource memory || !AnonymousMemory.MapsFile(context, "ntdll.so", "wine64", "wine"))
            return;
        var rows = AnonymousMemory.Unclaimed(context, Protection.Read | Protection.Write)
            .Where(r => context.Mappings.Get(Measure.TotalWs, r) > 0).ToList();
        var threads = new List<ThreadEnvironment>();
        foreach (var row in rows.Where(r => ClaimStacks(context, memory, context.Mappings.Range(r), threads)).Where(context.Claims.IsFree).ToList())
        {
            context.Claims.Claim(context.Claims.AddRegion(MemoryType.PrivateData, "Windows thread environment blocks",
                "pages of it hold their own address where a thread environment block does"), row);
        }
        foreach (var row in rows.Where(r => context.Claims.OwnerOf(r) < 0))
            ClaimHeaps(context, memory, row);
        WineTables.Claim(context, memory, threads);
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
    static bool ClaimStacks(AnnotationContext context, IMemorySource memory, AddressRange range, List<ThreadEnvironment> threads)
    {
        var (pages, before) = (0, threads.Count);
        for (var at = range.Start.Value; at < range.End.Value && pages++ < MaxPages; at += PageBytes)
        {
            if (ThreadEnvironment.TryRead(memory, at) is not { } thread)
                continue;
            threads.Add(thread);
            var region = context.Claims.AddRegion(MemoryType.Stack, $"Windows thread {thread.Id:x}, TEB 0x{at:x}",
                $"the thread environment block at 0x{at:x} says its stack is 0x{thread.Bottom:x}-0x{thread.Top:x}");
            context.Claims.ClaimRange(region, AddressRange.Of(thread.Bottom, thread.Top));
            if (thread.SystemStack != 0)
                context.Claims.ClaimRange(region, AddressRange.Of(thread.SystemStack, thread.SystemStack + SystemStackBytes), "for system calls");
        }
        return threads.Count > before;
    }
}
