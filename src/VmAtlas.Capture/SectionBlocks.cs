using VmAtlas.Model;

namespace VmAtlas.Capture;

/// <summary>Sections as blocks of whole pages: the smallest thing a measure exists for.</summary>
public static class SectionBlocks
{
    /// <summary>Characters of a label; a block of many tiny sections names the first ones and closes with "…".</summary>
    const int MaxLabel = 120;

    /// <summary>Names the blocks of an image, each mapping by the sections that lie in it.</summary>
    /// <param name="sections">Where they lie in memory, ascending.</param>
    public static void Label(ClaimList claims, int region, AddressRange span, IEnumerable<(string Name, AddressRange Range)> sections, ulong page)
    {
        var all = sections.ToArray();
        foreach (var mapping in claims.MappingsIn(span))
        {
            var range = claims.RangeOf(mapping).Intersect(span);
            var inside = all.Select(s => (s.Name, Range: s.Range.Intersect(range))).Where(s => !s.Range.IsEmpty);
            foreach (var (pages, label) in Of(inside, page))
                claims.Label(region, pages, label);
        }
    }

    /// <summary>
    /// Joins sections that share pages into blocks named by all of them (".init .plt .text"), so that no cut is made that pages could not
    /// show. Two large sections that meet within a page are cut at the page border nearer to where they meet.
    /// </summary>
    /// <param name="sections">Ascending by address.</param>
    public static IEnumerable<(AddressRange Pages, string Label)> Of(IEnumerable<(string Name, AddressRange Range)> sections, ulong page)
    {
        var (start, end, label) = (0UL, 0UL, "");
        foreach (var (name, range) in sections)
        {
            var (first, last) = (range.Start.Value & ~(page - 1), (range.End.Value + page - 1) & ~(page - 1));
            if (first < end && (last <= end || end - start <= page))
            {
                // It lies in the last page of the block, or begins in the block's only page.
                end = Math.Max(end, last);
                label = Append(label, name);
                continue;
            }
            var cut = Math.Max(start, first < end && range.Start.Value - first >= page / 2 ? end : first);
            if (Math.Min(end, cut) > start)
                yield return (AddressRange.Of(start, Math.Min(end, cut)), label);
            (start, end, label) = (Math.Max(cut, first), Math.Max(cut, last), name);
        }
        if (end > start)
            yield return (AddressRange.Of(start, end), label);
    }

    static string Append(string label, string name) =>
        label.EndsWith('…') ? label
        : label.Length + name.Length + 1 > MaxLabel ? label + " …"
        : label.Length == 0 ? name : $"{label} {name}";
}
