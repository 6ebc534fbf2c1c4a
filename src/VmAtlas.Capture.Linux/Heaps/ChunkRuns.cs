using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>Mapped chunks that lie side by side from the start of a mapping on.</summary>
/// <remarks>Quicker than looking for every one (<see cref="MappedChunks.Find"/>), for a map of the process: chunks behind other memory that the
/// kernel merged in front of them are not found, nor those of a program that lets malloc map small ones.</remarks>
sealed class ChunkRuns(BlockTable mappings, StringTable strings, IMemorySource memory)
{
    /// <summary>M_MMAP_THRESHOLD as it is when a program does not change it.</summary>
    public const ulong SmallestChunk = 128 << 10;

    /// <summary>Mappings looked into, and chunks followed in one: what lies behind them is taken as it is.</summary>
    const int MaxLooks = 16384, MaxRun = 4096;

    int _looks;

    /// <summary>The run in a mapping, or null when none begins there.</summary>
    public (AddressRange Range, int Count)? TryRead(int mapping)
    {
        var (start, end) = (mappings.Starts[mapping], mappings.Ends[mapping]);
        if (end - start < SmallestChunk || !MappedChunks.CouldHold(mappings, strings, mapping) || _looks++ >= MaxLooks)
            return null;
        var (at, count) = (start, 0);
        while (count < MaxRun && at < end && MappedChunks.TryRead(mappings, memory, mapping, at, out var chunk))
            (at, count) = (at + chunk.Whole, count + 1);
        return count == 0 ? null : (AddressRange.Of(start, count == MaxRun ? end : at), count);
    }
}
