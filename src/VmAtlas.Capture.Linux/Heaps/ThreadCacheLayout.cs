using System.Runtime.InteropServices;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>How a release keeps a thread's cache (<c>tcache_perthread_struct</c>): a block of the heap with a counter and a list head for
/// each size.</summary>
/// <remarks>
/// Known by the size of its chunk, and believed when counters and heads agree: a counter is zero where its head is, and only there. A block of the
/// program's own that has the size and all zeros passes, and holds nothing. The third layout was read from the sources of 2.42 and has not
/// been seen running: its counters say how many more fit, so only the heads are looked at.
/// </remarks>
readonly record struct ThreadCacheLayout(ulong ChunkBytes, int CounterBytes, int Bins, bool CountsRoom)
{
    static readonly ThreadCacheLayout[] s_all = [new(0x290, 2, 64, false), new(0x250, 1, 64, false), new(0x300, 2, 76, true)];

    /// <summary>The smallest chunk, the largest, and how much longer than needed one may be.</summary>
    const ulong First = 0x250, Last = 0x310, Spare = 16;

    public static bool IsPossible(ulong chunkBytes) => chunkBytes is >= First and <= Last && Of(chunkBytes) is not null;

    public static ThreadCacheLayout? Of(ulong chunkBytes)
    {
        foreach (var layout in s_all)
        {
            if (chunkBytes == layout.ChunkBytes || chunkBytes == layout.ChunkBytes + Spare)
                return layout;
        }
        return null;
    }

    /// <summary>Words of the structure.</summary>
    public int Words => Bins * CounterBytes / 8 + Bins;

    public int Counter(ReadOnlySpan<ulong> structure, int bin) =>
        CounterBytes == 1 ? MemoryMarshal.AsBytes(structure)[bin] : MemoryMarshal.Cast<ulong, ushort>(structure)[bin];

    public ulong Head(ReadOnlySpan<ulong> structure, int bin) => structure[Bins * CounterBytes / 8 + bin];

    /// <summary>Whether the words could be such a structure and it holds something.</summary>
    public bool Fits(ReadOnlySpan<ulong> structure)
    {
        var any = false;
        for (var bin = 0; bin < Bins; bin++)
        {
            var (count, head) = (Counter(structure, bin), Head(structure, bin));
            if ((head & 15) != 0 || head != 0 && head < 0x10000 || !CountsRoom && count == 0 != (head == 0))
                return false;
            any |= head != 0;
        }
        return any;
    }
}
