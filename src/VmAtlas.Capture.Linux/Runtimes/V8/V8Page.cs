using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Runtimes.V8;

/// <summary>What a page of V8's heap says of itself: how long it is, which heap it belongs to, and which of its spaces.</summary>
/// <remarks>
/// As read from running ones, in words from the start of the page, or of its description where that lies outside of it:
/// <code>
///   V8 11 (node 20)          page: size, flags, heap, start of objects, their end, …, 8: space
///   V8 12.4 (node 22)        page: flags, its own address, size, heap, start, end, …, 9: space
///   V8 13.6, 14.6 (24, 26)   page: flags, description: virtual table, page, size, …, 7: end, heap, start, space
/// </code>
/// V8 with its sandbox keeps a number in the place of the description's address: not recognised. Releases between these may number their
/// spaces otherwise, and then the name of a space is wrong; of the heap it is not.
/// </remarks>
/// <param name="Size">Bytes.</param>
/// <param name="Heap">Address of the <c>Heap</c> object.</param>
/// <param name="Owner">Address of the <c>Space</c> object.</param>
readonly record struct V8Page(ulong Size, ulong Heap, ulong Owner, string[] Spaces)
{
    /// <summary>Words of a page's start that tell whether it is one.</summary>
    public const int HeadWords = 10;

    const int DescriptionWords = 11;

    const ulong SmallestPage = 4096, LargestPage = 4UL << 30, FarthestStart = 64 << 10;

    /// <summary>Spaces by their numbers (enum AllocationSpace), the read-only one first, whose pages belong to no heap.</summary>
    static readonly string[] s_spaces11 =
    [
        "read-only space", "new space", "old space", "code space", "shared space",
        "new large object space", "large object space", "code large object space", "shared large object space",
    ];

    static readonly string[] s_spaces12 =
    [
        "read-only space", "new space", "old space", "code space", "shared space", "trusted space",
        "new large object space", "large object space", "code large object space", "shared large object space", "trusted large object space",
    ];

    static readonly string[] s_spaces13 =
    [
        "read-only space", "new space", "old space", "code space", "shared space", "trusted space", "shared trusted space",
        "new large object space", "large object space", "code large object space", "shared large object space",
        "shared trusted large object space", "trusted large object space",
    ];

    /// <param name="head">The words that the page begins with.</param>
    public static V8Page? Read(IMemorySource memory, ulong at, ReadOnlySpan<ulong> head)
    {
        if (IsSound(at, head[0], head[2], head[3], head[4]) && IsFlags(head[1]))
            return new V8Page(head[0], head[2], head[8], s_spaces11);
        if (!IsFlags(head[0]) || (head[1] & 7) != 0 || head[1] < 65536)
            return null;
        if (head[1] == at)
            return IsSound(at, head[2], head[3], head[4], head[5]) ? new V8Page(head[2], head[3], head[9], s_spaces12) : null;
        Span<ulong> words = stackalloc ulong[DescriptionWords];
        return AnonymousMemory.TryRead(memory, head[1], words) && words[1] == at && IsSound(at, words[2], words[8], words[9], words[7])
            ? new V8Page(words[2], words[8], words[10], s_spaces13) : null;
    }

    /// <summary>The space's name; "" where its object does not hold the heap it belongs to and a number.</summary>
    public string Space(IMemorySource memory)
    {
        Span<ulong> space = stackalloc ulong[3];
        return (Owner & 7) == 0 && AnonymousMemory.TryRead(memory, Owner, space) && space[1] == Heap && (space[2] & uint.MaxValue) is var number
            && number > 0 && number < (ulong)Spaces.Length ? Spaces[number] : "";
    }

    static bool IsFlags(ulong word) => word < 1UL << 32;

    static bool IsSound(ulong at, ulong size, ulong heap, ulong start, ulong end) =>
        size is >= SmallestPage and <= LargestPage && (size & 4095) == 0 && (heap & 7) == 0 && heap >= 65536
        && start > at && start - at < FarthestStart && end > start && end - at <= size;
}
