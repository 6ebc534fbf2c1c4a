using VmAtlas.Model;

namespace VmAtlas.Capture.Windows.Annotators;

/// <summary>Allocations by address, and how a whole one is claimed.</summary>
sealed class AllocationIndex(AnnotationContext context, IReadOnlyList<Allocation> allocations)
{
    /// <summary>Of a target that has them.</summary>
    /// <exception cref="AnnotatorUnavailableException">It has none.</exception>
    public static AllocationIndex Of(AnnotationContext context) => context.Target is IAllocationSource source
        ? new AllocationIndex(context, source.Allocations)
        : throw new AnnotatorUnavailableException("the target does not tell what was allocated as one thing");

    public IReadOnlyList<Allocation> All => allocations;

    /// <summary>The allocation that an address lies in.</summary>
    public Allocation? Find(ulong address)
    {
        var row = context.Mappings.IndexOf(new Address(address));
        if (row < 0)
            return null;
        var (low, high) = (0, allocations.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (allocations[middle].Last < row)
                low = middle + 1;
            else if (allocations[middle].First > row)
                high = middle - 1;
            else
                return allocations[middle];
        }
        return null;
    }

    public AddressRange RangeOf(Allocation allocation) =>
        AddressRange.Of(context.Mappings.Starts[allocation.First], context.Mappings.Ends[allocation.Last]);

    public bool IsFree(Allocation allocation) => context.Claims.IsFree(allocation.First);

    /// <summary>Whether a row is address space only.</summary>
    public bool IsReserved(int row) => context.Mappings.Protections[row] == Protection.None && (context.Mappings.Facts[row] & BlockFlags.NoAccess) == 0;

    public void Claim(int region, Allocation allocation)
    {
        for (var row = allocation.First; row <= allocation.Last; row++)
            context.Claims.Claim(region, row);
    }

    /// <summary>The type that memory of a kind has when nobody knows better.</summary>
    public MemoryType TypeOf(Allocation allocation) => allocation.Kind switch
    {
        AllocationKind.Image => MemoryType.Image,
        AllocationKind.Mapped when context.Mappings.Names[allocation.First] != 0 => MemoryType.MappedFile,
        AllocationKind.Mapped => MemoryType.Shareable,
        _ => MemoryType.PrivateData,
    };
}
