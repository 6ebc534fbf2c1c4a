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
    readonly NodeTable _nodes;

    internal MappingOwners(NodeTable nodes) => _nodes = nodes;

    /// <summary>In order of address.</summary>
    public IReadOnlyList<MappingOwner> Ranges => _ranges;

    internal SiteTable Sites { get; } = new();

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

    /// <summary>Takes an event that is not of a block.</summary>
    internal void Take(in TraceEvent e)
    {
        switch (e.Operation)
        {
            case TraceOperation.Map or TraceOperation.AttachShared:
                Map(e, e.Address, e.Size);
                break;
            case TraceOperation.Unmap:
                Unmap(e.Address, e.Size);
                break;
            case TraceOperation.DetachShared:
                Unmap(e.Address, Find(new Address(e.Address))?.Range.Size.Bytes ?? 0);
                break;
            case TraceOperation.Remap:
                Unmap(e.OldAddress, e.OldSize);
                Map(e, e.Address, e.Size);
                break;
            case TraceOperation.Protect:
                Protect(e.Address, e.Size, e.Protection);
                break;
            case TraceOperation.MoveBreak when e.Address > e.OldAddress:
                Map(e, e.OldAddress, e.Address - e.OldAddress);
                break;
            case TraceOperation.MoveBreak:
                Unmap(e.Address, e.OldAddress - e.Address);
                break;
        }
    }

    void Map(in TraceEvent e, ulong start, ulong size)
    {
        if (size == 0 || start >= End || size > End - start)
            return;
        Unmap(start, size);
        if (_ranges.Count >= Most)
            return;
        var thread = ThreadNames.NumberOf(e.Thread);
        var share = Sites.ShareOf(_nodes.Known(e.Site), thread);
        var owner = new MappingOwner(AddressRange.Of(start, start + size), Sites.RowOf(share), thread, e.Time, e.Function, e.Protection);
        _ranges.Insert(FirstAfter(start), owner);
        Sites.Change(share, BlockFate.HandedOut, (long)Math.Min(size, long.MaxValue), 1, e.Time);
    }

    /// <summary>Takes a range away; mappings that it cuts keep what is left of them.</summary>
    void Unmap(ulong start, ulong size)
    {
        var gone = AddressRange.Of(start, size > ulong.MaxValue - start ? ulong.MaxValue : start + size);
        var i = Math.Max(0, FirstAfter(start) - 1);
        while (i < _ranges.Count && _ranges[i].Range.Start < gone.End)
        {
            if (_ranges[i].Range.Overlaps(gone))
                i = Cut(i, gone);
            else
                i++;
        }
    }

    void Protect(ulong start, ulong size, Protection protection)
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
    int Cut(int i, AddressRange gone)
    {
        var owner = _ranges[i];
        var taken = owner.Range.Intersect(gone);
        var (before, after) = (taken.Start > owner.Range.Start, taken.End < owner.Range.End);
        var share = Sites.ShareOf(Sites.Site(owner.Site), owner.Thread);
        Sites.Change(share, BlockFate.GivenBack, (long)taken.Size.Bytes, before || after ? 0 : 1, owner.Time);
        _ranges.RemoveAt(i);
        if (before)
            _ranges.Insert(i++, owner with { Range = new AddressRange(owner.Range.Start, taken.Start) });
        if (after)
            _ranges.Insert(i++, owner with { Range = new AddressRange(taken.End, owner.Range.End) });
        if (before && after)
            Sites.Split(share);
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
