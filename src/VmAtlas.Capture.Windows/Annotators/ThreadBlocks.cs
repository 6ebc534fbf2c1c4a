using VmAtlas.Model;

namespace VmAtlas.Capture.Windows.Annotators;

/// <summary>Threads' environment blocks (the process's own often among them): several lie in one allocation, which is named after all of them, and each in a block of its own.</summary>
sealed class ThreadBlocks(AnnotationContext context, AllocationIndex index, IReadOnlyList<(ulong Address, PebLayout Layout)> processBlocks)
{
    /// <summary>Thread ids named in a region's details.</summary>
    const int MostNamed = 8;

    const ulong Bytes = 0x2000, PageBytes = 0x1000;

    readonly SortedDictionary<ulong, List<(uint Id, ulong Address)>> _byAllocation = [];

    public void Add(uint id, ulong address)
    {
        if (index.Find(address) is not { Kind: AllocationKind.Private } allocation)
            return;
        if (!_byAllocation.TryGetValue(allocation.Base, out var blocks))
            _byAllocation.Add(allocation.Base, blocks = []);
        blocks.Add((id, address));
    }

    public void Claim()
    {
        foreach (var (start, blocks) in _byAllocation)
        {
            if (index.Find(start) is not { } allocation || !index.IsFree(allocation))
                continue;
            blocks.Sort((a, b) => a.Address.CompareTo(b.Address));
            var ids = string.Join(", ", blocks.Take(MostNamed).Select(b => b.Id)) + (blocks.Count > MostNamed ? ", …" : "");
            var region = context.Claims.AddRegion(MemoryType.PrivateData, $"Thread Environment Block ID: {ids}",
                "the system names it as the environment block of these threads");
            index.Claim(region, allocation);
            if (!context.Options.Blocks)
                continue;
            foreach (var (address, _) in processBlocks.Where(b => index.RangeOf(allocation).Contains(new Address(b.Address))))
                context.Claims.Label(region, AddressRange.Of(address, address + PageBytes), "Process Environment Block");
            foreach (var (id, address) in blocks)
                context.Claims.Label(region, AddressRange.Of(address, address + Bytes), $"Thread Environment Block ID: {id}");
        }
    }
}
