using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Annotators.Heaps;

/// <summary>Finds the heaps of glibc's arenas and its mapped chunks by their shape, without symbols. What reads the insides of heaps
/// starts from what this finds.</summary>
sealed class GlibcHeapFinder(BlockTable mappings, StringTable strings, ClaimList claims, IMemorySource memory, ulong page)
{
    const Protection ReadWrite = Protection.Read | Protection.Write;

    /// <summary>Places looked at in one capture; runtimes reserve terabytes, at any 64 MiB of which a heap could begin.</summary>
    const int MaxLooks = 8192;

    /// <summary>M_MMAP_THRESHOLD's default, below which malloc maps no chunk of its own. A program that lowers it hides such chunks from this.</summary>
    const ulong SmallestChunk = 128 << 10;

    /// <summary>Heaps in order of address, each in accessible private memory nobody claimed.</summary>
    public IEnumerable<GlibcHeap> Heaps()
    {
        var looks = 0;
        for (var i = 0; i < mappings.Count; i++)
        {
            if (!IsPlain(i))
                continue;
            var first = (mappings.Starts[i] + GlibcHeap.MaxSize - 1) & ~(GlibcHeap.MaxSize - 1);
            for (var at = first; at < mappings.Ends[i] && at >= first && looks < MaxLooks; at += GlibcHeap.MaxSize, looks++)
            {
                if (GlibcHeap.TryRead(memory, at, page) is { } heap && IsReserved(heap))
                    yield return heap;
            }
        }
    }

    /// <summary>Runs of mapped chunks: each begins where a mapping begins, and goes on from chunk to chunk as far as they have the shape,
    /// because the kernel merges neighbours into one mapping.</summary>
    public IEnumerable<MappedChunks> Chunks()
    {
        for (var i = 0; i < mappings.Count; i++)
        {
            if (mappings.Ends[i] - mappings.Starts[i] >= SmallestChunk && IsPlain(i)
                && MappedChunks.TryRead(memory, mappings.Starts[i], mappings.Ends[i], page) is { } chunks)
                yield return chunks;
        }
    }

    bool IsPlain(int mapping) => mappings.Protections[mapping] == ReadWrite && mappings.Inodes[mapping] == 0
        && (mappings.Names[mapping] == 0 || strings.Utf8(mappings.Names[mapping]).StartsWith("[anon: glibc: malloc"u8))
        && mappings.Get(Measure.TotalWs, mapping) > 0 && claims.IsFree(mapping);

    /// <summary>Whether the whole of the heap is private anonymous memory, as it was reserved: accessible as far as it says.</summary>
    bool IsReserved(GlibcHeap heap)
    {
        var at = heap.Start;
        foreach (var i in claims.MappingsIn(heap.Range))
        {
            var accessible = mappings.Protections[i].IsAccessible();
            if (mappings.Starts[i] > at || mappings.Inodes[i] != 0 || mappings.Protections[i].IsShared()
                || accessible != at < heap.Start + heap.Accessible)
                return false;
            at = mappings.Ends[i];
        }
        return at >= heap.Range.End.Value;
    }
}
