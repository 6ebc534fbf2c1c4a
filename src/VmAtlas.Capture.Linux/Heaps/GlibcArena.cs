using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>One arena as its header describes it.</summary>
public sealed record GlibcArena
{
    /// <summary>0 for the main arena, else its place in malloc's ring.</summary>
    public required int Number { get; init; }

    /// <summary>Start of <c>malloc_state</c>.</summary>
    public required Address Address { get; init; }

    /// <summary>Where <c>top</c> stands, as an offset in <c>malloc_state</c>: 96 with fastbins, less without.</summary>
    public required int TopOffset { get; init; }

    /// <summary>The words from <c>top</c> on, as they were read.</summary>
    internal ulong[] Header { get; init; } = [];

    /// <summary>Its heaps in order of address. A heap reaches from its header to the end of what is accessible of it.</summary>
    public required IReadOnlyList<GlibcHeap> Heaps { get; init; }

    public bool IsMain => Number == 0;

    public Address Top => new(Header[0]);

    /// <summary>Bytes it got from the system (<c>system_mem</c>).</summary>
    public ulong System => Header[ArenaHeader.SystemMemory / 8];

    /// <summary>Where <c>top</c> stands.</summary>
    internal ulong TopField => Address.Value + (ulong)TopOffset;

    internal bool HasFastBins => TopOffset >= 8 * ArenaHeader.FastBins;
}

/// <summary>A stretch of memory that an arena cuts chunks from.</summary>
/// <param name="Range">Accessible part, headers included.</param>
/// <param name="FirstChunk">Where the first chunk begins, if nothing is damaged.</param>
/// <param name="HasTop">Whether the arena's top chunk, from which new ones are cut, lies in it.</param>
/// <param name="IsBreak">It is program break memory (<c>[heap]</c>).</param>
/// <param name="Reserved">End of what is reserved for it; for the break, the end of the range.</param>
public sealed record GlibcHeap(AddressRange Range, Address FirstChunk, bool HasTop, bool IsBreak, Address Reserved);
