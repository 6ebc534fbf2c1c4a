namespace VmAtlas.Model.Managed;

/// <summary>Objects of one type.</summary>
public readonly record struct TypeStatistics(string Name, long Count, long Bytes);

/// <summary>Live and free objects of one kind of heap. Live means: not free; whether a collection would keep them is not asked.</summary>
public readonly record struct GenerationStatistics(ManagedKind Kind, long Count, long Bytes, long FreeCount, long FreeBytes)
{
    /// <summary>The share of the walked bytes that lies free between objects, 0 to 1.</summary>
    public double Fragmentation => Bytes + FreeBytes == 0 ? 0 : (double)FreeBytes / (Bytes + FreeBytes);
}

/// <summary>The objects of a heap, counted by walking it.</summary>
public sealed record HeapStatistics
{
    /// <summary>By bytes, largest first. Types of one name (of two assemblies, or of two load contexts) are one row.</summary>
    public required IReadOnlyList<TypeStatistics> Types { get; init; }

    public required IReadOnlyList<GenerationStatistics> Generations { get; init; }

    /// <summary>Bytes of used ranges in which no object could be followed: the heap moved under the walk, or pages were swapped out.</summary>
    public required long SkippedBytes { get; init; }

    /// <summary>Whether everything was walked. The target runs on while it is read, so an exact count is luck unless it is idle.</summary>
    public bool IsComplete => SkippedBytes == 0;
}
