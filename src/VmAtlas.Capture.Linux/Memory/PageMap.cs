using Microsoft.Win32.SafeHandles;
using VmAtlas.Capture.Linux.Proc;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Memory;

/// <summary>Page states of the target: populated ranges by PAGEMAP_SCAN where the kernel has it, their details from the words of pagemap.</summary>
/// <remarks>
/// The word alone does not tell everything: the shared zero page is marked present although it is not in Rss (the scan knows it), guard
/// markers carry the swap bit (bit 58 tells them apart), and hugetlb pages look like others (the mapping's VmFlags know them). Without
/// the scan (before Linux 6.7) the zero page is counted as resident. Swapped shared memory is invisible here. Not thread-safe.
/// </remarks>
sealed class PageMap : IDisposable
{
    /// <summary>Populated ranges closer than this many pages are read with one call: a call costs as much as about so many words.</summary>
    public const int JoinPages = 64;

    readonly SpecialRanges _special;
    readonly bool _useScan;
    readonly PageWords _words = new();
    readonly PageScan _scan = new();
    readonly ulong _pageSize = (ulong)Environment.SystemPageSize;
    SafeFileHandle _file = new();

    /// <param name="useScan">False to do without PAGEMAP_SCAN, as on an older kernel.</param>
    public PageMap(ProcFolder folder, SpecialRanges special, bool useScan = true)
    {
        (_special, _useScan) = (special, useScan);
        Open(folder);
    }

    public bool IsOpen => !_file.IsInvalid;

    public bool CanScan { get; private set; }

    public ByteSize PageSize => new(_pageSize);

    /// <summary>Opens the pagemap of the address space the process has now: an open one stays with the one before an exec.</summary>
    public void Open(ProcFolder folder)
    {
        _file.Dispose();
        _file = folder.Open("pagemap", out _);
        _words.Begin();
        CanScan = _useScan && IsOpen && _scan.IsAvailable(_file);
    }

    /// <summary>How many bytes from an address on are in memory without a gap, at most <paramref name="length"/>, and all of one kind: copies that
    /// processes share until one writes to them (after a fork), or none of them.</summary>
    public ulong PresentRun(ulong start, ulong length, out bool copyOnWrite)
    {
        copyOnWrite = false;
        if (!IsOpen || length == 0)
            return 0;
        _words.Forget();
        var first = start & ~(_pageSize - 1);
        var end = start > ulong.MaxValue - length - _pageSize ? ulong.MaxValue & ~(_pageSize - 1) : (start + length + _pageSize - 1) & ~(_pageSize - 1);
        var upTo = PresentByWords(first, end, out copyOnWrite);
        return upTo <= start ? 0 : Math.Min(length, upTo - start);
    }

    /// <summary>The same for one of many places, ascending, after <see cref="Forget"/>: reads ahead to the next one where that is near.</summary>
    /// <param name="anyCopyOnWrite">Whether one of the pages is such a copy.</param>
    public ulong PresentRun(ulong start, ulong length, ulong next, out bool anyCopyOnWrite)
    {
        anyCopyOnWrite = false;
        var end = (start + length + _pageSize - 1) & ~(_pageSize - 1);
        var horizon = next > end && next - end <= JoinPages * _pageSize ? end + JoinPages * _pageSize : end;
        for (var at = start & ~(_pageSize - 1); at < end && IsOpen;)
        {
            var words = _words.At(_file, at, end, horizon);
            foreach (var word in words)
            {
                if ((word & PageWords.Present) == 0)
                    return at <= start ? 0 : at - start;
                anyCopyOnWrite |= IsCopyOnWrite(word);
                at += _pageSize;
            }
            if (words.IsEmpty)
                return at <= start ? 0 : at - start;
        }
        return IsOpen ? length : 0;
    }

    static bool IsCopyOnWrite(ulong word) => (word & (PageWords.Present | PageWords.File | PageWords.Exclusive)) == PageWords.Present;

    public bool TryTally(AddressRange range, out PageTally tally)
    {
        tally = default;
        if (!IsOpen)
            return false;
        _words.Forget();
        for (var at = range.Start.Value; at < range.End.Value;)
        {
            if (_special.HugetlbEnd(at) is > 0 and var after)
            {
                at = after;
                continue;
            }
            var end = _special.NextHugetlb(at, range.End.Value);
            if (!(!CanScan ? TryAddWords(at, end, end, ref tally) : TryTallyScan(at, end, ref tally)))
                return false;
            at = end;
        }
        return true;
    }

    /// <summary>The same by the words alone, which count zero pages as resident, and without forgetting what was read ahead: for many small
    /// ranges in a row, after <see cref="Forget"/>.</summary>
    public bool TryTallyWords(ulong start, ulong end, ulong horizon, out PageTally tally)
    {
        tally = default;
        return IsOpen && TryAddWords(start, end, horizon, ref tally);
    }

    public void Forget() => _words.Forget();

    public bool TryReadPages(AddressRange range, Span<PageState> pages)
    {
        var end = Math.Min(range.End.Value, range.Start.Value + (ulong)pages.Length * _pageSize);
        if (!IsOpen)
            return false;
        _words.Forget();
        var row = 0;
        for (var at = range.Start.Value; at < end;)
        {
            var words = _words.At(_file, at, end, end);
            if (words.IsEmpty)
                return false;
            foreach (var word in words)
                pages[row++] = StateOf(word);
            at += (ulong)words.Length * _pageSize;
        }
        return !CanScan || TryMarkScanned(range.Start.Value, end, pages);
    }

    public void Dispose() => _file.Dispose();

    ulong PresentByWords(ulong start, ulong end, out bool copyOnWrite)
    {
        copyOnWrite = false;
        for (var at = start; at < end;)
        {
            var words = _words.At(_file, at, end, end);
            foreach (var word in words)
            {
                if (at == start)
                    copyOnWrite = IsCopyOnWrite(word);
                if ((word & PageWords.Present) == 0 || IsCopyOnWrite(word) != copyOnWrite)
                    return at;
                at += _pageSize;
            }
            if (words.IsEmpty)
                return at;
        }
        return end;
    }

    bool TryTallyScan(ulong at, ulong end, ref PageTally tally)
    {
        while (at < end)
        {
            if (!_scan.Next(_file, ref at, end, PageCategory.Present | PageCategory.Swapped, out var found))
                return false;
            for (var i = 0; i < found.Length; i++)
            {
                var (start, upTo, categories) = (found[i].Start, found[i].End, found[i].Categories);
                if ((categories & (PageCategory.PfnZero | PageCategory.Guard)) != 0)
                    continue;
                if (!TryAddWords(start, upTo, Horizon(found[i..]), ref tally))
                    return false;
            }
        }
        return true;
    }

    /// <summary>How far to read ahead: to the end of the last region that is near the one before.</summary>
    ulong Horizon(ReadOnlySpan<PageRegion> regions)
    {
        var end = regions[0].End;
        foreach (var next in regions[1..])
        {
            if (next.Start - end > JoinPages * _pageSize)
                break;
            end = next.End;
        }
        return end;
    }

    bool TryAddWords(ulong at, ulong end, ulong horizon, ref PageTally tally)
    {
        ulong resident = 0, exclusive = 0, anonymous = 0, own = 0, swapped = 0;
        while (at < end)
        {
            var words = _words.At(_file, at, end, horizon);
            if (words.IsEmpty)
                return false;
            foreach (var word in words)
            {
                var (present, alone, anon) = (word >> 63, word >> 56 & 1, ~word >> 61 & 1);
                resident += present;
                exclusive += present & alone;
                anonymous += present & anon;
                own += present & alone & anon;
                swapped += word >> 62 & ~word >> 58 & ~present & 1;
            }
            at += (ulong)words.Length * _pageSize;
        }
        tally.Resident += resident * _pageSize;
        tally.Exclusive += exclusive * _pageSize;
        tally.Anonymous += anonymous * _pageSize;
        tally.AnonymousExclusive += own * _pageSize;
        tally.Swapped += swapped * _pageSize;
        return true;
    }

    /// <summary>Adds what only the scan knows: zero and huge pages, and that hugetlb pages are not in Rss.</summary>
    bool TryMarkScanned(ulong start, ulong end, Span<PageState> pages)
    {
        for (var at = start; at < end;)
        {
            if (!_scan.Next(_file, ref at, end, PageCategory.PfnZero | PageCategory.Huge | PageCategory.Guard, out var found))
                return false;
            foreach (var region in found)
            {
                var (first, count) = ((int)((region.Start - start) / _pageSize), (int)((region.End - region.Start) / _pageSize));
                foreach (ref var page in pages.Slice(first, count))
                    page = Marked(page, region.Categories);
            }
        }
        return true;
    }

    static PageState Marked(PageState page, PageCategory categories)
    {
        if ((categories & PageCategory.PfnZero) != 0)
            page = page & ~PageState.Present | PageState.Zero;
        if ((categories & PageCategory.Huge) != 0)
            page |= PageState.Huge;
        return (categories & PageCategory.Guard) != 0 ? PageState.Guard : page;
    }

    static PageState StateOf(ulong word)
    {
        if ((word & PageWords.Guard) != 0 && (word & PageWords.Present) == 0)
            return PageState.Guard;
        var state = (word & PageWords.SoftDirty) != 0 ? PageState.SoftDirty : PageState.None;
        if ((word & PageWords.Swapped) != 0)
            return state | PageState.Swapped;
        if ((word & PageWords.Present) == 0)
            return state;
        return state | PageState.Present
            | ((word & PageWords.File) != 0 ? PageState.File : 0)
            | ((word & PageWords.Exclusive) != 0 ? PageState.Exclusive : 0);
    }
}
