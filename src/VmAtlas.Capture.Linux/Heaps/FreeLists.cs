using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>Follows fastbins and thread caches: chunks that were freed but look in use to a walk from chunk to chunk.</summary>
/// <remarks>
/// Links are mangled since 2.32 (xor with their own address, shifted by a page). Which it is, the first links of the lists tell: only one way of reading them leads to
/// chunks of the list's size. What does not lead to a chunk of the right size in an arena ends the list. No list is given a chunk twice, nor more chunks of a
/// size than the walk has met, so every list ends.
/// </remarks>
sealed class FreeLists(IMemorySource memory, IReadOnlyList<ArenaTally> tallies, SizeHistogram sizes, ChunkTable? chunks, TornChunks torn)
{
    readonly record struct Heap(ulong Start, ulong End, ArenaTally Tally, int Number)
    {
        public FastLinks? Links => Tally.Links[Number];
    }

    /// <summary>Lists whose first link is looked at to learn how links are written.</summary>
    const int Enough = 64;

    readonly WordCache _words = new(memory, WordCache.Scattered);
    readonly Heap[] _heaps = [.. tallies.SelectMany(HeapsOf).OrderBy(h => h.Start)];

    /// <summary>The heap asked for last: links mostly stay within one.</summary>
    Heap _last;

    static IEnumerable<Heap> HeapsOf(ArenaTally tally) =>
        tally.Arena.Heaps.Select((h, i) => new Heap(h.FirstChunk.Value, h.Range.End.Value, tally, i));

    int _mangled, _plain;

    /// <summary>Whether links are mangled, as far as was learnt; they are in all newer releases.</summary>
    public bool AreMangled => _mangled >= _plain;

    /// <summary>Learns from the first links of the fastbins how links are written.</summary>
    public void LearnFromFastBins()
    {
        foreach (var heads in tallies.Select(t => t.FastBinHeads))
        {
            for (var bin = 0; bin < heads.Length && _mangled + _plain < Enough; bin++)
            {
                if (heads[bin] != 0)
                    Learn(heads[bin] + 16, 32 + 16 * (ulong)bin, toChunk: 0);
            }
        }
    }

    /// <summary>The same from the first links of thread caches, which hold addresses of blocks.</summary>
    public void LearnFromCaches(IReadOnlyList<ulong> caches)
    {
        for (var i = 0; i < caches.Count && _mangled + _plain < Enough; i++)
        {
            if (!TryReadCache(caches[i], out var layout, out var structure))
                continue;
            for (var bin = 0; bin < Math.Min(layout.Bins, 64); bin++)
            {
                if (layout.Head(structure, bin) is > 0 and var block)
                    Learn(block, 32 + 16 * (ulong)bin, toChunk: 16);
            }
        }
    }

    /// <param name="toChunk">How far before the address that a link holds the chunk begins.</param>
    void Learn(ulong link, ulong size, ulong toChunk)
    {
        if (!_words.TryRead(link, out var word))
            return;
        var (mangled, plain) = (Fits(word ^ link >> 12), Fits(word));
        _mangled += mangled && !plain ? 1 : 0;
        _plain += plain && !mangled ? 1 : 0;

        bool Fits(ulong next) => next == 0 || next >= toChunk && IsListed(next - toChunk, size);
    }

    /// <summary>Moves what is in an arena's fastbins from the used chunks to the free ones.</summary>
    public void FollowFastBins(ArenaTally tally)
    {
        for (var bin = 0; bin < tally.FastBinHeads.Length; bin++)
        {
            var size = 32 + 16 * (ulong)bin;
            for (var at = tally.FastBinHeads[bin]; at != 0;)
            {
                if (!TryTakeFast(at, size, out var next))
                {
                    torn.Add(tally.Arena, at, $"is on the fastbin list of {size:#,0} bytes, but is no such chunk or is there twice");
                    break;
                }
                at = next;
            }
        }
    }

    /// <summary>Takes a chunk from a fastbin's list, and what follows it as far as the walk has noted it.</summary>
    bool TryTakeFast(ulong chunk, ulong size, out ulong next)
    {
        next = 0;
        if (!TryFindHeap(chunk))
            return false;
        var (tally, links) = (_last.Tally, _last.Links);
        var count = links?.TakeList(chunk, size, ChunkState.FastBin, out next) ?? 0;
        if (count == 0)
        {
            // What was not noted is looked up: a list's last chunk, in the releases that do not mangle links, and what came later.
            if (links is not null && links.IsTaken(chunk, size) || !IsListed(chunk, size))
                return false;
            (count, next) = (1, Next(chunk));
            chunks?.SetState(chunk, ChunkState.FastBin);
        }
        var moved = new ChunkCount(sizes.MoveToFree(size, count), 0);
        Take(tally, moved with { Bytes = moved.Chunks * size }, ref tally.FastBins);
        return moved.Chunks == count;
    }

    /// <summary>The structure in a chunk that may hold a thread's cache.</summary>
    bool TryReadCache(ulong cache, out ThreadCacheLayout layout, out ulong[] structure)
    {
        (layout, structure) = (default, []);
        if (!_words.TryRead(cache + 8, out var head) || ThreadCacheLayout.Of(head & ~7UL) is not { } known)
            return false;
        (layout, structure) = (known, new ulong[known.Words]);
        for (var i = 0; i < structure.Length; i++)
        {
            if (!_words.TryRead(cache + 16 + 8 * (ulong)i, out structure[i]))
                return false;
        }
        return layout.Fits(structure) && HasSoundHeads(layout, structure);
    }

    /// <param name="cache">Chunk that may hold a thread's cache.</param>
    public void FollowThreadCache(ulong cache)
    {
        if (!TryReadCache(cache, out var layout, out var structure))
            return;
        for (var bin = 0; bin < layout.Bins; bin++)
        {
            var (count, block) = (0, layout.Head(structure, bin));
            for (; block >= 16 && TryTakeCached(block - 16); count++)
                block = Next(block - 16);
            if (!layout.CountsRoom && count != layout.Counter(structure, bin) && TryFindHeap(cache))
                torn.Add(_last.Tally.Arena, cache, $"is a thread's cache that counts {layout.Counter(structure, bin)} blocks where {count} are listed");
        }
    }

    /// <summary>A block of the program may look like a cache; then its first words lead nowhere.</summary>
    bool HasSoundHeads(ThreadCacheLayout layout, ReadOnlySpan<ulong> structure)
    {
        for (var bin = 0; bin < layout.Bins; bin++)
        {
            var head = layout.Head(structure, bin);
            if (head != 0 && !(bin < 64 ? IsListed(head - 16, 32 + 16 * (ulong)bin) : TryFindHeap(head - 16)))
                return false;
        }
        return true;
    }

    bool TryTakeCached(ulong chunk)
    {
        if ((chunk & 15) != 0 || !TryFindHeap(chunk) || !_words.TryRead(chunk + 8, out var head) || sizes.MoveToFree(head & ~7UL, 1) == 0)
            return false;
        var size = head & ~7UL;
        _last.Links?.Take(chunk, size);
        Take(_last.Tally, new ChunkCount(1, size), ref _last.Tally.ThreadCaches);
        chunks?.SetState(chunk, ChunkState.ThreadCache);
        return true;
    }

    static void Take(ArenaTally tally, ChunkCount freed, ref ChunkCount lists)
    {
        lists += freed;
        tally.InUse = tally.InUse.Chunks >= freed.Chunks && tally.InUse.Bytes >= freed.Bytes ? tally.InUse - freed : default;
    }

    bool IsListed(ulong chunk, ulong size) =>
        (chunk & 15) == 0 && TryFindHeap(chunk) && _words.TryRead(chunk + 8, out var head) && (head & ~7UL) == size;

    /// <summary>The chunk that a free chunk's link leads to; 0 at the end of the list. A fastbin's link holds the address of a chunk, a
    /// thread cache's that of a block: the caller takes off the difference.</summary>
    ulong Next(ulong chunk)
    {
        var link = chunk + 16;
        if (!_words.TryRead(link, out var word))
            return 0;
        return AreMangled ? word ^ link >> 12 : word;
    }

    /// <summary>Makes <see cref="_last"/> the heap that holds an address; false when none does.</summary>
    bool TryFindHeap(ulong chunk)
    {
        if (chunk >= _last.Start && chunk < _last.End)
            return true;
        var (low, high) = (0, _heaps.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_heaps[middle].End > chunk)
                high = middle;
            else
                low = middle + 1;
        }
        if (low == _heaps.Length || chunk < _heaps[low].Start)
            return false;
        _last = _heaps[low];
        return true;
    }
}
