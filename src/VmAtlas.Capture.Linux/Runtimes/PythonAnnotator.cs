using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Runtimes;

/// <summary>CPython's object arenas (obmalloc): 1 MiB each since 3.10 and 256 KiB before, which the kernel merges.</summary>
/// <remarks>
/// Evidence: python is mapped, and where pools (16 or 4 KiB) would begin stand pool headers: block counts, a size class, and the one offset that
/// follows from the class. At least half of the pools in memory must have one, since an arena may have pools not yet used; then the whole
/// mapping counts. Wrong for memory of another kind that the kernel merged with arenas. Not Python's own objects over 512 bytes: those are malloc's.
/// </remarks>
sealed class PythonAnnotator : IAnnotator
{
    const int MaxPools = 256;

    static readonly ulong[] s_poolSizes = [16 << 10, 4 << 10];

    public string Name => "Python";

    public void Annotate(AnnotationContext context)
    {
        if (context.Target is not IMemorySource memory || !AnonymousMemory.MapsFile(context, "libpython", "python"))
            return;
        var looks = 0;
        foreach (var row in AnonymousMemory.Unclaimed(context, Protection.Read | Protection.Write))
        {
            var range = context.Mappings.Range(row);
            if (range.Size.Bytes < 256 << 10 || context.Mappings.Get(Measure.TotalWs, row) == 0 || looks++ >= AnonymousMemory.MaxLooks)
                continue;
            foreach (var pool in s_poolSizes)
            {
                var (found, seen) = CountPools(memory, range, pool);
                if (found < 4 || found * 2 < seen)
                    continue;
                var region = context.Claims.AddRegion(MemoryType.ManagedHeap, "Python object arenas",
                    $"{found} of {seen} places where pools of {pool >> 10} KiB would begin have Python's pool header");
                context.Claims.Claim(region, row);
                break;
            }
        }
    }

    static (int Found, int Seen) CountPools(IMemorySource memory, AddressRange range, ulong pool)
    {
        var (found, seen) = (0, 0);
        var first = AnonymousMemory.AlignUp(range.Start.Value, pool);
        // Spread over the whole mapping, so that a large one costs no more than a small one.
        var step = Math.Max(1, range.Size.Bytes / pool / MaxPools) * pool;
        Span<ulong> words = stackalloc ulong[6];
        for (var at = first; at < range.End.Value; at += step)
        {
            if (!AnonymousMemory.TryRead(memory, at, words))
                continue;
            seen++;
            found += IsPool(words, at, pool) ? 1 : 0;
        }
        return (found, seen);
    }

    /// <summary>struct pool_header of obmalloc.c: count, first free block, next and previous pool, arena and size class, next and last offset.</summary>
    static bool IsPool(ReadOnlySpan<ulong> words, ulong at, ulong pool)
    {
        var (count, free, sizeClass) = (words[0] & uint.MaxValue, words[1], words[4] >> 32);
        var (nextOffset, lastOffset) = (words[5] & uint.MaxValue, words[5] >> 32);
        if (sizeClass >= 32)
            return false;
        var block = (sizeClass + 1) * 16;
        return lastOffset == pool - block && nextOffset <= pool + 512 && count <= pool / block
            && (free == 0 || free > at && free < at + pool);
    }
}
