namespace VmAtlas.Model.Heaps;

/// <summary>A number of chunks and their bytes, chunk headers included.</summary>
public readonly record struct ChunkCount(ulong Chunks, ulong Bytes)
{
    public static ChunkCount operator +(ChunkCount a, ChunkCount b) => new(a.Chunks + b.Chunks, a.Bytes + b.Bytes);

    public static ChunkCount operator -(ChunkCount a, ChunkCount b) => new(a.Chunks - b.Chunks, a.Bytes - b.Bytes);
}
