namespace VmAtlas.Model.Tracing;

/// <summary>Who made each range that is mapped now, as far as calls of the program itself tell: mmap, mremap, shmat, brk. Ranges never overlap.</summary>
/// <remarks>What the C library or the kernel maps by themselves is not here: a map snapshot has it, and its owner is not known.</remarks>
public sealed class MappingOwners
{
    /// <summary>More than the kernel allows (vm.max_map_count) only when a trace is made up: further ones are not kept.</summary>
    const int Most = 1 << 20;

    /// <summary>No user address is beyond; what says so is made up.</summary>
    const ulong End = 1UL << 57;

    readonly List<MappingOwner> _ranges = [];
    readonly SiteTable _sites;

    internal MappingOwners(SiteTable sites) => _sites = sites;

    /// <summary>In order of address.</summary>
    public IReadOnlyList<MappingOwner> Ranges => _ranges;

    /// <summary>Who made what lies at an address, or null.</summary>
    public MappingOwner? Find(Address address)
    {
        var i = FirstAfter(address.Value) - 1;
        return i >= 0 && _ranges[i].Range.Contains(address) ? _ranges[i] : null;
    }

    /// <summary>Who made each part of a range, in order of address; parts nobody is known for are left out.</summary>
    public IEnumerable<MappingOwner> Within(AddressRange range)
    {
        for (var i = Math.Max(0, FirstAfter(range.Start.Value) - 1); i < _ranges.Count && _ranges[i].Range.Start < range.End; i++)
        {
            if (_ranges[i].Range.Overlaps(range))
                yield return _ranges[i] with { Range = _ranges[i].Range.Intersect(range) };
        }
    }

    internal void Map(in TraceEvent e, uint site, int thread, ulong start, ulong size)
    {
        if (size == 0 || start >= End || size > End - start)
            return;
        Unmap(start, size);
        if (_ranges.Count >= Most)
            return;
        var owner = new MappingOwner(AddressRange.Of(start, start + size), _sites.RowOf(site), thread, e.Time, e.Function, e.Protection);
        _ranges.Insert(FirstAfter(start), owner);
        _sites.Allocate(owner.Site, thread, (long)Math.Min(size, long.MaxValue), 1, e.Time);
    }

    /// <summary>Takes a range away; mappings that it cuts keep what is left of them.</summary>
    internal void Unmap(ulong start, ulong size)
    {
        var gone = AddressRange.Of(start, size > ulong.MaxValue - start ? ulong.MaxValue : start + size);
        var i = Math.Max(0, FirstAfter(start) - 1);
        while (i < _ranges.Count && _ranges[i].Range.Start < gone.End)
        {
            if (_ranges[i].Range.Overlaps(gone))
                i = Take(i, gone);
            else
                i++;
        }
    }

    internal void Protect(ulong start, ulong size, Protection protection)
    {
        if (size > ulong.MaxValue - start)
            return;
        var range = AddressRange.Of(start, start + size);
        for (var i = Math.Max(0, FirstAfter(start) - 1); i < _ranges.Count && _ranges[i].Range.Start < range.End; i++)
        {
            // A part's protection is the snapshot's to show: here stands what a whole range was last given.
            if (range.Contains(_ranges[i].Range))
                _ranges[i] = _ranges[i] with { Protection = protection };
        }
    }

    /// <summary>What one unmapping leaves of a range: nothing, its begin, its end, or both.</summary>
    /// <returns>Index to go on at.</returns>
    int Take(int i, AddressRange gone)
    {
        var owner = _ranges[i];
        var taken = owner.Range.Intersect(gone);
        var (before, after) = (taken.Start > owner.Range.Start, taken.End < owner.Range.End);
        _sites.Free(owner.Site, owner.Thread, (long)taken.Size.Bytes, before || after ? 0 : 1, temporary: false);
        _ranges.RemoveAt(i);
        if (before)
            _ranges.Insert(i++, owner with { Range = new AddressRange(owner.Range.Start, taken.Start) });
        if (after)
            _ranges.Insert(i++, owner with { Range = new AddressRange(taken.End, owner.Range.End) });
        if (before && after)
            _sites.Split(owner.Site, owner.Thread);
        return i;
    }

    /// <summary>Index of the first range that begins behind an address.</summary>
    int FirstAfter(ulong address)
    {
        var (low, high) = (0, _ranges.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_ranges[middle].Range.Start.Value <= address)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
