using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Runtimes.Allocators;

/// <summary>Memory of mimalloc in a program linked with it statically.</summary>
/// <remarks>
/// Evidence: mimalloc keeps in the head of each segment the segment's own address mixed (xor) with one random word of the process. So two places on
/// borders of 4 MiB whose heads, at the same offset, give the same large word when mixed with their addresses are its segments. One segment
/// alone can not be told. Wrong by chance once in 2^48 pairs of words; a program can plant it.
/// </remarks>
static class MimallocSegments
{
    const ulong Alignment = 4 << 20;
    const int HeadWords = 64, MaxSegments = 4096;

    /// <summary>Smaller ones come of pointers within a mapping, which many kinds of memory begin with.</summary>
    const ulong SmallestSecret = 1UL << 48;

    public static IEnumerable<int> Find(AnnotationContext context, IMemorySource memory)
    {
        var (met, found) = (new Dictionary<(int Place, ulong Secret), int>(), new SortedSet<int>());
        var head = new ulong[HeadWords];
        foreach (var (mapping, at) in Borders(context).Take(MaxSegments))
        {
            if (!AnonymousMemory.TryRead(memory, at, head))
                continue;
            for (var place = 0; place < HeadWords; place++)
            {
                var secret = head[place] ^ at;
                if (head[place] < SmallestSecret || secret < SmallestSecret)
                    continue;
                if (!met.TryAdd((place, secret), mapping))
                    found.UnionWith([mapping, met[(place, secret)]]);
            }
        }
        return found;
    }

    static IEnumerable<(int Mapping, ulong At)> Borders(AnnotationContext context)
    {
        foreach (var mapping in AnonymousMemory.Unclaimed(context, Protection.Read | Protection.Write))
        {
            for (var at = AnonymousMemory.AlignUp(context.Mappings.Starts[mapping], Alignment); at < context.Mappings.Ends[mapping]; at += Alignment)
                yield return (mapping, at);
        }
    }
}
