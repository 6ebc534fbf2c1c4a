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
    static readonly Measure[] s_heldByResident =
        [Measure.Pss, Measure.Dirty, Measure.Referenced, Measure.LazyFree, Measure.Thp, Measure.Ksm];

    BlockTable _blocks = null!;
    int _mapping, _first, _count;
    PageTally[] _tallies = [];
    bool _pagesKnown;
    ulong[] _weights = [], _sizes = [], _resident = [], _own = [], _parts = [];

    /// <summary>Writes the measures of <paramref name="count"/> rows of <paramref name="blocks"/>, the pieces of one mapping from
    /// row <paramref name="first"/> on, and marks those that are not known exactly.</summary>
    public void Fill(int mapping, BlockTable blocks, int first, int count)
    {
        (_blocks, _mapping, _first, _count) = (blocks, mapping, first, count);
        MakeRoom();
        for (var i = 0; i < count; i++)
            _sizes[i] = blocks.Get(Measure.Size, first + i);
        _pagesKnown = !IsPlain() && TallyPages();
        var exact = FillByPages() & FillByProportion() & FillCommit();
        if (exact)
            return;
        for (var i = first; i < first + count; i++)
            blocks.SetFacts(i, blocks.Facts[i] | BlockFlags.Apportioned);
    }

    void MakeRoom()
    {
        if (_sizes.Length >= _count)
            return;
        var room = Math.Max(16, _count * 2);
        (_weights, _sizes, _resident, _own, _parts) = (new ulong[room], new ulong[room], new ulong[room], new ulong[room], new ulong[room]);
        _tallies = new PageTally[room];
    }

    /// <summary>Whether the mapping's own measures tell its pieces': each is nothing or all that it can be.</summary>
    bool IsPlain()
    {
        var resident = Of(Measure.TotalWs);
        var own = mappings.Has(Measure.Uss) ? Of(Measure.Uss) : resident;
        return NoneOrAll(Measure.TotalWs, Of(Measure.Size)) && NoneOrAll(Measure.Anonymous, resident) && NoneOrAll(Measure.Uss, resident)
            && NoneOrAll(Measure.PrivateWs, own) && NoneOrAll(Measure.Swap, Of(Measure.Size) - Math.Min(resident, Of(Measure.Size)));

        bool NoneOrAll(Measure part, ulong whole) => Of(part) == 0 || Of(part) == whole;
    }

    bool TallyPages()
    {
        if (pages is null || pages.PageSize.Bytes != 1UL << mappings.PageShifts[_mapping])
            return false;
        for (var i = 0; i < _count; i++)
        {
            if (!pages.TryTally(_blocks.Range(_first + i), out _tallies[i]))
                return false;
        }
        return true;
    }

    bool FillByPages()
    {
        Span<ulong> sizes = _sizes.AsSpan(0, _count), resident = _resident.AsSpan(0, _count);
        Span<ulong> own = _own.AsSpan(0, _count), parts = _parts.AsSpan(0, _count);
        var exact = ByPages(Measure.TotalWs, t => t.Resident, sizes, resident);
        exact &= ByPages(Measure.Anonymous, t => t.Anonymous, resident, parts);
        exact &= ByPages(Measure.Uss, t => t.Exclusive, resident, own);
        // Where the system does not tell what is exclusive (Windows), Private WS bounds what can be shared.
        var tellsExclusive = mappings.Has(Measure.Uss);
        exact &= ByPages(Measure.PrivateWs, t => t.AnonymousExclusive, tellsExclusive ? own : resident, parts);
        for (var i = 0; i < _count; i++)
            own[i] = resident[i] - (tellsExclusive ? own[i] : parts[i]);
        exact &= InProportion(Measure.SharedWs, own, unit: 4096);
        for (var i = 0; i < _count; i++)
            own[i] = sizes[i] - Math.Min(sizes[i], resident[i]);
        return exact & ByPages(Measure.Swap, t => t.Swapped, own, parts);
    }

    /// <summary>One measure from the pages, none above its cap; where no pages are known, in proportion to the caps.</summary>
    bool ByPages(Measure measure, Func<PageTally, ulong> tally, ReadOnlySpan<ulong> caps, Span<ulong> parts)
    {
        for (var i = 0; i < _count; i++)
            _weights[i] = _pagesKnown ? Math.Min(tally(_tallies[i]), caps[i]) : caps[i];
        var known = Apportionment.Share(Of(measure), _weights.AsSpan(0, _count), caps, parts, unit: 4096) || Of(measure) == 0;
        Write(measure, parts);
        return known;
    }

    bool FillByProportion()
    {
        var exact = true;
        foreach (var measure in s_heldByResident)
            exact &= InProportion(measure, _resident.AsSpan(0, _count));
        exact &= InProportion(Measure.SwapPss, Written(Measure.Swap));
        exact &= InProportion(Measure.LockedWs, Written(Measure.Pss));
        return exact & InProportion(Measure.Hugetlb, _sizes.AsSpan(0, _count));
    }

    /// <summary>Commit follows the rule that gave the mapping's own: all of it, or what it holds.</summary>
    bool FillCommit()
    {
        var all = Of(Measure.Committed) == Of(Measure.Size);
        for (var i = 0; i < _count; i++)
            _own[i] = all ? _sizes[i] : _resident[i] + _blocks.Get(Measure.Swap, _first + i);
        var exact = InProportion(Measure.Committed, _own.AsSpan(0, _count), cap: _sizes);
        var allPrivate = Of(Measure.Private) == Of(Measure.Committed);
        for (var i = 0; i < _count; i++)
        {
            var committed = _blocks.Get(Measure.Committed, _first + i);
            var held = _blocks.Get(Measure.Anonymous, _first + i) + _blocks.Get(Measure.Swap, _first + i);
            (_own[i], _weights[i]) = (committed, allPrivate ? committed : Math.Min(held, committed));
        }
        return exact & InProportion(Measure.Private, _weights.AsSpan(0, _count), cap: _own);
    }

    /// <summary>One measure in proportion to weights, which are its caps too unless others are given.</summary>
    bool InProportion(Measure measure, ReadOnlySpan<ulong> weights, ulong[]? cap = null, ulong unit = 1024)
    {
        if (Of(measure) == 0)
            return true;
        var parts = _parts.AsSpan(0, _count);
        var known = Apportionment.Share(Of(measure), weights, cap is null ? weights : cap.AsSpan(0, _count), parts, unit);
        Write(measure, parts);
        return known;
    }

    ulong Of(Measure measure) => mappings.Get(measure, _mapping);

    /// <summary>What was written of a measure already.</summary>
    ReadOnlySpan<ulong> Written(Measure measure)
    {
        for (var i = 0; i < _count; i++)
            _weights[i] = _blocks.Get(measure, _first + i);
        return _weights.AsSpan(0, _count);
    }

    void Write(Measure measure, ReadOnlySpan<ulong> parts)
    {
        for (var i = 0; i < parts.Length; i++)
            _blocks.Set(measure, _first + i, parts[i]);
    }
}
