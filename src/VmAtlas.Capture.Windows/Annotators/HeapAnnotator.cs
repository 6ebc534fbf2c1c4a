using VmAtlas.Capture.Windows.Calls;
using VmAtlas.Capture.Windows.Heaps;
using VmAtlas.Model;

namespace VmAtlas.Capture.Windows.Annotators;

/// <summary>Heaps of the system's heap manager: NT heaps with all their segments and large blocks, and segment heaps.</summary>
/// <remarks>
/// Evidence: the PEB lists the heaps; an allocation that begins with the signature of a heap segment is one, and names its heap. Large blocks of an
/// NT heap are found by following its list. Where there is no list (Wine), signatures are all there is. Wrong for memory that imitates a
/// segment's first 48 bytes. Further segments of a segment heap have no signature that can be read, but begin with a link of a ring of such segments that leads through the
/// heap's own header. Its large blocks begin with nothing of the kind and stay Private Data.
/// </remarks>
sealed class HeapAnnotator : IAnnotator
{
    const int MostLinks = 1 << 12;

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
                ClaimNt(claims, allocation, heap, PebLayout.Wide);
            else if (narrow && SegmentOf(target, allocation.Base, PebLayout.Narrow) is { } narrowHeap)
                ClaimNt(claims, allocation, narrowHeap, PebLayout.Narrow);
        }
        foreach (var heap in heaps.ToList())
            ClaimWine(target, claims, heap);
        ClaimRings(target, index, claims, [.. heaps.Where(h => h.Layout.IsWide && HeapHeader.Read(target, h).Kind == HeapHeader.SegmentHeap)]);
        if (context.Options.Heaps)
            context.Findings.Heap = SystemHeapReader.Read(target, context.Mappings, keepChunks: true, context.Cancellation);
    }

    /// <summary>Wine's further segments have no signature, and its large blocks are in no list where Windows has one: its heaps list both.</summary>
    static void ClaimWine(WindowsTarget target, HeapClaims claims, HeapHandle heap)
    {
        if (WineHeap.TryOpen(target, heap.Address) is not { } wine)
            return;
        claims.ClaimParts(heap, wine.Segments, "segments", wine.Kind);
        claims.ClaimParts(heap, wine.LargeBlocks, "large blocks", "large block");
    }

    static void ClaimNt(HeapClaims claims, Allocation allocation, ulong heap, PebLayout layout) =>
        claims.ClaimSegment(allocation, heap, layout, $"it begins with the signature of a heap segment, of the heap at {new Address(heap)}", "NT heap");

    /// <summary>Segments of segment heaps: allocations whose first two words link to what links back, up to a heap's header.</summary>
    static void ClaimRings(WindowsTarget target, AllocationIndex index, HeapClaims claims, IReadOnlyList<HeapHandle> heaps)
    {
        const ulong segmentBytes = 1 << 20;
        foreach (var allocation in index.All)
        {
            if (allocation.Kind == AllocationKind.Private && allocation.Base % segmentBytes == 0 && index.IsFree(allocation) && !index.IsReserved(allocation.First)
                && HeapOfRing(target, allocation.Base, heaps) is { } heap)
                claims.ClaimSegment(allocation, heap, PebLayout.Wide, $"it begins with a link of the ring of segments of the segment heap at {new Address(heap)}", HeapHeader.SegmentHeap);
        }
    }

    static ulong? HeapOfRing(WindowsTarget target, ulong start, IReadOnlyList<HeapHandle> heaps)
    {
        const ulong headerBytes = 0x1000;
        var at = start;
        for (var i = 0; i < MostLinks && target.TryReadWord(at, 0, wide: true, out var next) && target.TryReadWord(next, 8, wide: true, out var back) && back == at; i++)
        {
            foreach (var heap in heaps)
            {
                if (next > heap.Address && next - heap.Address < headerBytes)
                    return heap.Address;
            }
            if (next == start)
                return null;
            at = next;
        }
        return null;
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
