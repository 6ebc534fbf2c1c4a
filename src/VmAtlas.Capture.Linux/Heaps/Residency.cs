using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>Resident bytes of many small ranges in rising order, asked of the system 16 MiB at a time.</summary>
sealed class Residency(IPageSource pages)
{
    const int WindowPages = 4096;

    readonly PageState[] _states = new PageState[WindowPages];
    readonly ulong _pageSize = pages.PageSize.Bytes;
    ulong _start, _end;

    /// <summary>Whether every question so far was answered.</summary>
    public bool IsKnown { get; private set; } = true;

    /// <param name="start">Page-aligned, as is <paramref name="end"/>.</param>
    public ulong Resident(ulong start, ulong end)
    {
        var resident = 0UL;
        for (; start < end && IsKnown; start += _pageSize)
        {
            if (start < _start || start >= _end)
                Fill(start);
            if ((_states[(start - _start) / _pageSize] & PageState.Present) != 0)
                resident += _pageSize;
        }
        return resident;
    }

    void Fill(ulong start)
    {
        (_start, _end) = (start, start + WindowPages * _pageSize);
        IsKnown = pages.TryReadPages(AddressRange.Of(_start, _end), _states);
    }
}
