namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>What a reading of the heap is to bring.</summary>
public sealed record HeapReadOptions
{
    /// <summary>Keep every chunk (4½ bytes each), not only their sums.</summary>
    public bool Chunks { get; init; }

    /// <summary>Say how much of what malloc_trim would give back is resident.</summary>
    public bool Residency { get; init; }
}
