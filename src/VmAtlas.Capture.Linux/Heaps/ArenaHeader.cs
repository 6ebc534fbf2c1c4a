namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>The part of glibc's <c>malloc_state</c> from <c>top</c> on, which has not changed since 2.10: no version is asked for.</summary>
/// <remarks>
/// <code>
///   +0  top     +8  last_remainder     +16  bins[254]: 127 pairs     +2048  binmap[4]     +2064  next     +2072  next_free
///   +2080  attached_threads     +2088  system_mem     +2096  max_system_mem
/// </code>
/// An empty bin's two pointers point 16 bytes before themselves. Before <c>top</c> stand ten fastbin heads, in the releases that have fastbins.
/// </remarks>
static class ArenaHeader
{
    public const int Bins = 127;
    public const int LastRemainder = 8;
    public const int FirstBin = 16;
    public const int Next = 2064;
    public const int SystemMemory = 2088;
    public const int MaxSystemMemory = 2096;
    public const int Bytes = 2104;
    public const int Words = Bytes / 8;
    public const int FastBins = 10;

    /// <summary>Whether 127 pairs of bin pointers follow: each empty, or pointing to memory that could be a chunk; a thread may stand between the two
    /// writes that empty or fill a bin.</summary>
    /// <param name="words">From <c>top</c> on.</param>
    /// <param name="address">The address of <c>top</c>.</param>
    /// <param name="couldBeChunk">Whether an address lies in memory that malloc could have got.</param>
    public static bool HasBins(ReadOnlySpan<ulong> words, ulong address, Func<ulong, bool> couldBeChunk)
    {
        if (words.Length < Words)
            return false;
        var empty = 0;
        for (var bin = 0; bin < Bins; bin++)
        {
            var (fd, bk) = (words[2 + 2 * bin], words[3 + 2 * bin]);
            var own = BinChunk(address, bin);
            if (fd == own && bk == own)
                empty++;
            else if (fd != own && !IsListed(fd, address, couldBeChunk) || bk != own && !IsListed(bk, address, couldBeChunk))
                return false;
        }
        return empty > 0;
    }

    /// <summary>A bin that is not empty points to chunks. A pointer into the header itself is that of an empty bin seen from the wrong place.</summary>
    static bool IsListed(ulong chunk, ulong address, Func<ulong, bool> couldBeChunk) =>
        (chunk & 15) == 0 && chunk >= 0x10000 && (chunk < address ? address - chunk > 256 : chunk - address >= Bytes) && couldBeChunk(chunk);

    /// <summary>Where a bin's pointers would be, were they those of a chunk.</summary>
    public static ulong BinChunk(ulong address, int bin) => address + FirstBin + 16 * (ulong)bin - 16;
}
