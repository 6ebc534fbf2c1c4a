using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>Follows fastbins and thread caches: chunks that were freed but look in use to a walk from chunk to chunk.</summary>
/// <remarks>
/// Links are mangled since 2.32 (xor with their own address, shifted by a page); both ways are tried at each link, and what does not lead to
/// a chunk of the right size in an arena ends the list. No list can hold more chunks of a size than the walk has met, so every list ends.
/// </remarks>
sealed class FreeLists(IMemorySource memory, IReadOnlyList<ArenaTally> tallies, SizeHistogram sizes, ChunkTable? chunks, TornChunks torn)
{
    readonly WordCache _sweeping = new(memory, WordCache.Sweeping);
    WordCache _words = new(memory, WordCache.Scattered);
    readonly (ulong Start, ulong End, ArenaTally Tally)[] _heaps =
        [.. tallies.SelectMany(t => t.Arena.Heaps.Select(h => (h.FirstChunk.Value, h.Range.End.Value, t))).OrderBy(h => h.Item1)];

    /// <summary>The heap asked for last: links mostly stay within one.</summary>
    (ulong Start, ulong End, ArenaTally Tally) _last;

    /// <summary>Moves what is in an arena's fastbins from the used chunks to the free ones.</summary>
    /// <remarks>Each list runs through the whole heap, so they are followed together, block by block: else the heap is read once a list.</remarks>
    public void FollowFastBins(ArenaTally tally)
    {
        if (!tally.Arena.HasFastBins)
            return;
        _words = _sweeping;
        var heads = tally.Arena.TopField - 8 * ArenaHeader.FastBins;
        Span<ulong> next = stackalloc ulong[ArenaHeader.FastBins];
        for (var bin = 0; bin < next.Length; bin++)
            _words.TryRead(heads + 8 * (ulong)bin, out next[bin]);
        for (var at = next[0]; Nearest(next, at) is >= 0 and var bin;)
        {
            at = next[bin];
            var size = 32 + 16 * (ulong)bin;
            for (var block = _words.BlockOf(at); next[bin] != 0 && _words.BlockOf(next[bin]) == block;)
                next[bin] = TryTakeFast(tally, next[bin], size) ? Next(next[bin]) : 0;
        }
    }

    /// <summary>The list that goes on nearest to an address; -1 when all are done.</summary>
    static int Nearest(ReadOnlySpan<ulong> next, ulong address)
    {
        var (nearest, distance) = (-1, ulong.MaxValue);
        for (var bin = 0; bin < next.Length; bin++)
        {
            var away = next[bin] > address ? next[bin] - address : address - next[bin];
            if (next[bin] != 0 && away < distance)
                (nearest, distance) = (bin, away);
        }
        return nearest;
    }

    bool TryTakeFast(ArenaTally tally, ulong chunk, ulong size)
    {
        if (!IsListed(chunk, size) || !sizes.TryMoveToFree(size))
        {
            torn.Add(tally.Arena, chunk, $"is on the fastbin list of {size:#,0} bytes, but is no such chunk");
            return false;
        }
        Take(chunk, size, ChunkState.FastBin);
        return true;
    }

    /// <param name="cache">Chunk that may hold a thread's cache.</param>
    public void FollowThreadCache(ulong cache)
    {
        if (!_words.TryRead(cache + 8, out var head) || ThreadCacheLayout.Of(head & ~7UL) is not { } layout)
            return;
        var structure = new ulong[layout.Words];
        for (var i = 0; i < structure.Length; i++)
        {
            if (!_words.TryRead(cache + 16 + 8 * (ulong)i, out structure[i]))
                return;
        }
        if (!layout.Fits(structure) || !HasSoundHeads(layout, structure))
            return;
        for (var bin = 0; bin < layout.Bins; bin++)
        {
            var (count, block) = (0, layout.Head(structure, bin));
            for (; block >= 16 && TryTakeCached(block - 16); count++)
                block = Next(block - 16);
            if (!layout.CountsRoom && count != layout.Counter(structure, bin) && ArenaOf(cache) is { } owner)
                torn.Add(owner.Arena, cache, $"is a thread's cache that counts {layout.Counter(structure, bin)} blocks where {count} are listed");
        }
    }

    /// <summary>A block of the program may look like a cache; then its first words lead nowhere.</summary>
    bool HasSoundHeads(ThreadCacheLayout layout, ReadOnlySpan<ulong> structure)
    {
        for (var bin = 0; bin < layout.Bins; bin++)
        {
            var head = layout.Head(structure, bin);
            if (head != 0 && !(bin < 64 ? IsListed(head - 16, 32 + 16 * (ulong)bin) : ArenaOf(head - 16) is not null))
                return false;
        }
        return true;
    }

    bool TryTakeCached(ulong chunk)
    {
        if ((chunk & 15) != 0 || ArenaOf(chunk) is null || !_words.TryRead(chunk + 8, out var head) || !sizes.TryMoveToFree(head & ~7UL))
            return false;
        Take(chunk, head & ~7UL, ChunkState.ThreadCache);
        return true;
    }

    void Take(ulong chunk, ulong size, ChunkState state)
    {
        var tally = ArenaOf(chunk)!;
        var one = new ChunkCount(1, size);
        tally.InUse = tally.InUse.Chunks > 0 && tally.InUse.Bytes >= size ? tally.InUse - one : tally.InUse;
        if (state == ChunkState.FastBin)
            tally.FastBins += one;
        else
            tally.ThreadCaches += one;
        chunks?.SetState(chunk, state);
    }

    bool IsListed(ulong chunk, ulong size) =>
        (chunk & 15) == 0 && ArenaOf(chunk) is not null && _words.TryRead(chunk + 8, out var head) && (head & ~7UL) == size;

    /// <summary>The chunk that a free chunk's link leads to; 0 at the end of the list. A fastbin's link holds the address of a chunk, a
    /// thread cache's that of a block: the caller takes off the difference.</summary>
    ulong Next(ulong chunk)
    {
        var link = chunk + 16;
        if (!_words.TryRead(link, out var word))
            return 0;
        var plain = word ^ link >> 12;
        return plain == 0 || IsPossible(plain) ? plain : word;
    }

    bool IsPossible(ulong address) => (address & 15) == 0 && ArenaOf(address) is not null;

    ArenaTally? ArenaOf(ulong chunk)
    {
        if (chunk >= _last.Start && chunk < _last.End)
            return _last.Tally;
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
            return null;
        _last = _heaps[low];
        return _last.Tally;
    }
}
