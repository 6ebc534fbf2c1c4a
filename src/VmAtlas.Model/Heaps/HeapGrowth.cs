namespace VmAtlas.Model.Heaps;

/// <summary>Sizes of which there are more and more: where a leak would show.</summary>
/// <remarks>
/// Evidence only: blocks of one size, in use, that became more between two looks. A cache being filled or a busier program looks the
/// same; a leak of blocks of ever different sizes is not seen. Looking a third time tells them apart.
/// </remarks>
public static class HeapGrowth
{
    /// <summary>One size that grew.</summary>
    /// <param name="Size">Chunk size, header included.</param>
    public readonly record struct Suspicion(ulong Size, ulong Before, ulong After)
    {
        public ulong More => After - Before;

        /// <summary>Bytes of the new ones.</summary>
        public ulong Bytes => More * Size;
    }

    /// <summary>Fewer new blocks than this are the weather.</summary>
    public const ulong LeastMore = 16;

    /// <summary>Sizes whose blocks in use grew by 16 and by a tenth at least, those with the most new bytes first.</summary>
    public static IReadOnlyList<Suspicion> Between(SizeHistogram before, SizeHistogram after) =>
        [.. after.Rows.Select(r => new Suspicion(r.Size, before.UsedOf(r.Size), r.Used))
            .Where(s => s.After > s.Before && s.More >= LeastMore && s.More >= s.Before / 10)
            .OrderByDescending(s => s.Bytes).ThenBy(s => s.Size)];
}
