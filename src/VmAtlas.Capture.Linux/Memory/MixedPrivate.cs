using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Memory;

/// <summary>Private WS of mappings that hold anonymous and file pages of which some are shared: smaps has both sums but not how they
/// overlap, so the pages are asked.</summary>
static class MixedPrivate
{
    /// <returns>Whether all could be asked; a row that could not keeps the largest value its sums allow.</returns>
    public static bool Resolve(BlockTable mappings, IReadOnlyList<int> rows, PageMap pages)
    {
        foreach (var row in rows)
        {
            if (!pages.TryTally(mappings.Range(row), out var tally))
                return false;
            var (rss, anonymous, unique) = (mappings.Get(Measure.TotalWs, row), mappings.Get(Measure.Anonymous, row), mappings.Get(Measure.Uss, row));
            // The pages are looked at a moment after the sums were made: what the sums rule out is not believed.
            var least = anonymous + unique - Math.Min(anonymous + unique, rss);
            mappings.Set(Measure.PrivateWs, row, Math.Clamp(tally.AnonymousExclusive, least, Math.Min(anonymous, unique)));
        }
        return true;
    }
}
