namespace VmAtlas.Capture;

/// <summary>A target whose system remembers what was asked for as one thing: Windows' allocation bases.</summary>
public interface IAllocationSource
{
    /// <summary>What the mappings last read belong to, in order of address.</summary>
    IReadOnlyList<Allocation> Allocations { get; }
}

/// <summary>Ranges that were allocated at once.</summary>
/// <param name="First">Its first row in the table of mappings.</param>
/// <param name="Last">Its last row.</param>
/// <param name="Base">AllocationBase.</param>
public readonly record struct Allocation(int First, int Last, ulong Base, AllocationKind Kind);

/// <summary>What a range is of, by the system's word.</summary>
public enum AllocationKind : byte
{
    /// <summary>MEM_PRIVATE: VirtualAlloc, stacks, heaps.</summary>
    Private,

    /// <summary>MEM_MAPPED: a view of a section, of a file or of the paging file.</summary>
    Mapped,

    /// <summary>MEM_IMAGE: a view of a section made of an executable image.</summary>
    Image,
}
