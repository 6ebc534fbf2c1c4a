namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>What malloc keeps of its mapped chunks and its first break (<c>mp_</c> of glibc's malloc.c).</summary>
/// <remarks>
/// Found by shape: a word that lies in the heap (<c>sbrk_base</c>), before it two sizes in whole pages (<c>mmapped_mem</c> and the most it
/// ever was), before these four counters (<c>n_mmaps</c>, <c>n_mmaps_max</c>, <c>max_n_mmaps</c>, <c>no_dyn_threshold</c>), so since 2.24. Since 2.35
/// <c>hp_flags</c> stands before them, another 32 bits, so that each lies in the other half of its word.
/// Wrong only if the library's data holds such a row by chance; then the mapped chunks found disagree and the report says so.
/// </remarks>
/// <param name="MappedChunks">n_mmaps.</param>
/// <param name="MappedBytes">mmapped_mem.</param>
/// <param name="FirstBreak">sbrk_base: where the main arena's first chunk begins.</param>
readonly record struct MallocParameters(ulong MappedChunks, ulong MappedBytes, ulong FirstBreak)
{
    const ulong PageMask = 4095;

    /// <summary>Words up to sbrk_base that are looked at.</summary>
    const int Words = 6;

    /// <param name="data">The words of the data of the object that holds the main arena.</param>
    /// <param name="heapStart">First address of the break memory; a static program takes some of it before malloc does.</param>
    public static MallocParameters? Find(ReadOnlySpan<ulong> data, ulong heapStart, ulong heapEnd)
    {
        MallocParameters? best = null;
        for (var i = Words - 1; i < data.Length; i++)
        {
            if (data[i] < heapStart || data[i] >= heapEnd || !TryParse(data[(i - Words + 1)..(i + 1)], out var found))
                continue;
            if (data[i] == heapStart)
                return found;
            best ??= found;
        }
        return best;
    }

    static uint Low(ulong word) => unchecked((uint)word);

    static uint High(ulong word) => (uint)(word >> 32);

    static bool TryParse(ReadOnlySpan<ulong> words, out MallocParameters found) =>
        TryParse(High(words[0]), Low(words[1]), High(words[1]), words[2], words[3..], out found)
        || TryParse(Low(words[1]), High(words[1]), Low(words[2]), High(words[2]), words[3..], out found);

    static bool TryParse(uint count, uint limit, uint most, ulong fixedThreshold, ReadOnlySpan<ulong> words, out MallocParameters found)
    {
        var (bytes, mostBytes) = (words[0], words[1]);
        found = new MallocParameters(count, bytes, words[2]);
        return count <= limit && count <= most && limit <= int.MaxValue && fixedThreshold <= 1 && bytes <= mostBytes
            && ((bytes | mostBytes) & PageMask) == 0 && count == 0 == (bytes == 0) && (limit | most | mostBytes) != 0;
    }
}
