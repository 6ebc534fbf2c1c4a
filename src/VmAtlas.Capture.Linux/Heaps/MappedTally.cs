using VmAtlas.Model.Heaps;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>Counts the chunks mapped by themselves, each when the walk over the heaps comes to its address.</summary>
sealed class MappedTally(SizeHistogram sizes, ChunkTable? chunks, List<MappedChunks.Found> found)
{
    int _next;

    public ChunkCount Count { get; private set; }

    /// <summary>Bytes that were mapped for them and are not in their sizes.</summary>
    public ulong Around { get; private set; }

    public void AddBefore(ulong address)
    {
        for (; _next < found.Count && found[_next].Address < address; _next++)
        {
            var chunk = found[_next];
            Count += new ChunkCount(1, chunk.Size);
            Around += chunk.Whole - chunk.Size;
            sizes.AddUsed(chunk.Size);
            chunks?.Add(chunk.Address, chunk.Size, ChunkState.Mapped);
        }
    }
}
