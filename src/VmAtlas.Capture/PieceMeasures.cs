using VmAtlas.Model;

namespace VmAtlas.Capture;

/// <summary>Measures of the pieces of one mapping: exact where pages tell, else shared out so that the sums still hold.</summary>
/// <remarks>
/// Resident, anonymous, exclusive and swapped bytes come from the pages themselves. PSS, Dirty, Referenced and the like exist for the whole
/// mapping only; they are shared out in proportion to the resident bytes. The mapping was read a moment before its pages: where
/// the two disagree the mapping wins, because a claim never changes a measure.
/// </remarks>
sealed class PieceMeasures(BlockTable mappings, IPageSource? pages)
{
    ulong[] _weights = [], _resident = [], _room = [], _parts = [], _other = [];

    /// <summary>Writes the measures of <paramref name="count"/> rows of <paramref name="blocks"/>, the pieces of one mapping from
    /// row <paramref name="first"/> on, and marks those that are not known exactly.</summary>
    public void Fill(int mapping, BlockTable blocks, int first, int count)
    {
        if (_weights.Length < count)
            (_weights, _resident, _room, _parts, _other) = (new ulong[count], new ulong[count], new ulong[count], new ulong[count], new ulong[count]);
        var tallies = Tally(mapping, blocks, first, count);
        var exact = ShareResident(mapping, blocks, first, count, tallies);
        exact &= ShareByResident(mapping, blocks, first, count);
        ShareCommit(mapping, blocks, first, count);
        if (exact)
            return;
        for (var i = 0; i < count; i++)
            blocks.SetFacts(first + i, blocks.Facts[first + i] | BlockFlags.Apportioned);
    }

    /// <summary>Pages by piece; null when nobody can tell, or the answer is plain (nothing or everything is resident).</summary>
    PageTally[]? Tally(int mapping, BlockTable blocks, int first, int count)
    {
        var held = mappings.Get(Measure.TotalWs, mapping) + mappings.Get(Measure.Swap, mapping);
        if (pages is null || held == 0 || mappings.PageShifts[mapping] != 12)
            return null;
        var tallies = new PageTally[count];
        for (var i = 0; i < count; i++)
        {
            if (!pages.TryTally(blocks.Range(first + i), out tallies[i]))
                return null;
        }
        return tallies;
    }

    bool ShareResident(int mapping, BlockTable blocks, int first, int count, PageTally[]? tallies)
    {
        Span<ulong> sizes = _room.AsSpan(0, count), resident = _resident.AsSpan(0, count), own = _other.AsSpan(0, count);
        for (var i = 0; i < count; i++)
            sizes[i] = blocks.Get(Measure.Size, first + i);
        var exact = Share(Measure.TotalWs, t => t.Resident, sizes, sizes, resident);
        exact &= Share(Measure.Anonymous, t => t.Anonymous, resident, resident, _parts);
        exact &= Share(Measure.Uss, t => t.Exclusive, resident, resident, own);
        exact &= Share(Measure.PrivateWs, t => t.AnonymousExclusive, own, own, _parts);
        for (var i = 0; i < count; i++)
        {
            blocks.Set(Measure.SharedWs, first + i, resident[i] - own[i]);
            sizes[i] -= resident[i];
        }
        exact &= Share(Measure.Swap, t => t.Swapped, sizes, sizes, _parts);
        return exact;

        bool Share(Measure measure, Func<PageTally, ulong> tally, ReadOnlySpan<ulong> otherwise, ReadOnlySpan<ulong> caps, Span<ulong> parts)
        {
            var total = mappings.Get(measure, mapping);
            for (var i = 0; i < count; i++)
                _weights[i] = tallies is null ? otherwise[i] : Math.Min(tally(tallies[i]), caps[i]);
            parts = parts[..count];
            var known = Apportionment.Share(total, _weights.AsSpan(0, count), caps, parts, unit: 4096);
            Write(measure, blocks, first, parts);
            return known;
        }
    }

    bool ShareByResident(int mapping, BlockTable blocks, int first, int count)
    {
        ReadOnlySpan<ulong> resident = _resident.AsSpan(0, count);
        var exact = true;
        foreach (var measure in (ReadOnlySpan<Measure>)[Measure.Pss, Measure.Dirty, Measure.Referenced, Measure.LazyFree, Measure.Thp, Measure.Ksm])
            exact &= Share(measure, resident);
        exact &= Share(Measure.SwapPss, Read(Measure.Swap));
        exact &= Share(Measure.LockedWs, Read(Measure.Pss));
        exact &= Share(Measure.Hugetlb, Read(Measure.Size));
        return exact;

        bool Share(Measure measure, ReadOnlySpan<ulong> weightsAndCaps)
        {
            var total = mappings.Get(measure, mapping);
            if (total == 0)
                return true;
            var parts = _parts.AsSpan(0, count);
            var known = Apportionment.Share(total, weightsAndCaps, weightsAndCaps, parts, unit: 1024);
            Write(measure, blocks, first, parts);
            return known;
        }

        ReadOnlySpan<ulong> Read(Measure measure)
        {
            for (var i = 0; i < count; i++)
                _weights[i] = blocks.Get(measure, first + i);
            return _weights.AsSpan(0, count);
        }
    }

    /// <summary>Commit follows the rule that gave the mapping's own: all of it, or what it holds.</summary>
    void ShareCommit(int mapping, BlockTable blocks, int first, int count)
    {
        var all = mappings.Get(Measure.Committed, mapping) == mappings.Get(Measure.Size, mapping);
        var isPrivate = mappings.Get(Measure.Private, mapping);
        var allPrivate = isPrivate == mappings.Get(Measure.Committed, mapping);
        for (var i = first; i < first + count; i++)
        {
            var swap = blocks.Get(Measure.Swap, i);
            var committed = all ? blocks.Get(Measure.Size, i) : blocks.Get(Measure.TotalWs, i) + swap;
            blocks.Set(Measure.Committed, i, committed);
            blocks.Set(Measure.Private, i, allPrivate ? committed : isPrivate == 0 ? 0 : blocks.Get(Measure.Anonymous, i) + swap);
        }
    }

    static void Write(Measure measure, BlockTable blocks, int first, ReadOnlySpan<ulong> parts)
    {
        for (var i = 0; i < parts.Length; i++)
            blocks.Set(measure, first + i, parts[i]);
    }
}
