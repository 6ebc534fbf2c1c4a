using VmAtlas.Capture.Windows.Heaps;
using VmAtlas.Model;

namespace VmAtlas.Capture.Windows.Annotators;

/// <summary>Regions of heaps, numbered as VMMap does: small numbers in the order of the PEB's list, then those met by their segments alone.</summary>
sealed class HeapClaims(AnnotationContext context, AllocationIndex index, List<HeapHandle> heaps)
{
    readonly Dictionary<ulong, string> _details = [];

    /// <summary>Claims where the heap itself lies, and its large blocks.</summary>
    public void ClaimHeap(HeapHandle heap, HeapHeader header)
    {
        var details = DetailsOf(heap.Address, heap.IsDefault, header.Tag);
        if (index.Find(heap.Address) is { } first && index.IsFree(first))
            Claim(first, details, "the process environment block lists it as a heap" + (header.Kind == HeapHeader.Unknown ? "" : $"; it begins as a {header.Kind}"), header.Kind);
        ClaimListed(heap, header.LargeBlocks, details, "large blocks", "large block");
    }

    /// <summary>Claims what a heap that is claimed already lists.</summary>
    public void ClaimParts(HeapHandle heap, IReadOnlyList<HeapPart> parts, string list, string kind) =>
        ClaimListed(heap, parts.Select(p => p.Start), DetailsOf(heap.Address, heap.IsDefault, ""), list, kind);

    void ClaimListed(HeapHandle heap, IEnumerable<ulong> addresses, string details, string list, string kind)
    {
        foreach (var address in addresses)
        {
            if (index.Find(address) is { Kind: AllocationKind.Private } listed && index.IsFree(listed))
                Claim(listed, details, $"the heap at {new Address(heap.Address)} lists it among its {list}", kind);
        }
    }

    /// <summary>Claims an allocation that is a segment of a heap.</summary>
    public void ClaimSegment(Allocation allocation, ulong heap, PebLayout layout, string reason, string kind)
    {
        if (!_details.ContainsKey(heap))
            heaps.Add(new HeapHandle(heap, layout, IsDefault: false));
        Claim(allocation, DetailsOf(heap, isDefault: false, ""), reason, kind);
    }

    void Claim(Allocation allocation, string details, string reason, string kind)
    {
        var region = context.Claims.AddRegion(MemoryType.Heap, details, reason);
        index.Claim(region, allocation);
        if (kind != HeapHeader.Unknown)
            context.Claims.AddFact(region, "heap", kind);
    }

    string DetailsOf(ulong heap, bool isDefault, string tag)
    {
        if (_details.TryGetValue(heap, out var known))
            return known;
        var details = $"Heap ID: {_details.Count}{(isDefault ? " (Default)" : "")}{(tag.Length > 0 ? $" [{tag}]" : "")}";
        _details.Add(heap, details);
        return details;
    }
}
