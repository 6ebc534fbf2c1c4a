using VmAtlas.Capture.Windows.Calls;
using VmAtlas.Capture.Windows.Heaps;
using VmAtlas.Model;

namespace VmAtlas.Capture.Windows.Annotators;

/// <summary>Heaps of the system's heap manager: NT heaps with all their segments and large blocks, and segment heaps.</summary>
/// <remarks>
/// Evidence: the PEB lists the heaps; an allocation that begins with the signature of a heap segment is one, and names its heap. Large blocks of an
/// NT heap are found by following its list. Where there is no list (Wine), signatures are all there is. Wrong for memory that imitates a
/// segment's first 48 bytes. Further segments of a segment heap have no signature and stay Private Data.
/// </remarks>
sealed class HeapAnnotator : IAnnotator
{
    public string Name => "Heap";

    public void Annotate(AnnotationContext context)
    {
        if (context.Target is not WindowsTarget { Environment: { } environment } target)
            throw new AnnotatorUnavailableException("the target does not tell of its heaps");
        var (index, heaps) = (AllocationIndex.Of(context), new List<HeapHandle>());
        foreach (var (peb, layout) in environment.Blocks)
        {
            foreach (var (address, isDefault) in environment.Heaps(peb, layout))
                heaps.Add(new HeapHandle(address, layout, isDefault));
        }
        var claims = new HeapClaims(context, index, heaps);
        foreach (var heap in heaps)
            claims.ClaimHeap(heap, HeapHeader.Read(target, heap));
        var narrow = environment.IsWow64;
        foreach (var allocation in index.All)
        {
            if (allocation.Kind == AllocationKind.Image || !index.IsFree(allocation) || index.IsReserved(allocation.First))
                continue;
            if (SegmentOf(target, allocation.Base, PebLayout.Wide) is { } heap)
                claims.ClaimSegment(allocation, heap, PebLayout.Wide);
            else if (narrow && SegmentOf(target, allocation.Base, PebLayout.Narrow) is { } narrowHeap)
                claims.ClaimSegment(allocation, narrowHeap, PebLayout.Narrow);
        }
        if (context.Options.Heaps)
            context.Findings.Heap = SystemHeapReader.Read(target, context.Mappings, keepChunks: true, context.Cancellation);
    }

    /// <summary>The heap that the segment at an allocation's base belongs to: the one it names, if that begins as a heap too, else itself (Wine's
    /// segments name none). Null when it is no segment.</summary>
    static ulong? SegmentOf(WindowsTarget target, ulong start, PebLayout layout)
    {
        if (!IsSegment(target, start, layout))
            return null;
        return target.TryReadWord(start, layout.SegmentHeap, layout.IsWide, out var heap) && IsSegment(target, heap, layout) ? heap : start;
    }

    static bool IsSegment(WindowsTarget target, ulong start, PebLayout layout) =>
        start != 0 && target.TryReadWord(start, layout.SegmentSignature, wide: false, out var signature) && signature == HeapHeader.SegmentSignature;
}
