using VmAtlas.Model;

namespace VmAtlas.Capture.Tests;

/// <summary>A target made of pages that are known one by one, so that every measure of every part of it has a true value.</summary>
sealed class FakeTarget : ICaptureTarget, IPageSource
{
    public const ulong Page = 4096;
    const ulong SpaceEnd = 0x7ffffffff000;
    readonly List<(ulong Start, Protection Protection, ulong Flags, ulong Inode, PageState[] Pages)> _mappings = [];

    public ProcessFacts Process { get; } = new() { Pid = 1, Name = "fake" };

    public SystemFacts System { get; } = new() { Kernel = "none" };

    public AddressSpaceLayout Layout { get; } = new(new Address(65536), new Address(SpaceEnd), new ByteSize(0x100000));

    public ByteSize PageSize => new(Page);

    /// <summary>Makes the target refuse to tell of its pages.</summary>
    public bool HidesPages { get; set; }

    public int PageLookUps { get; private set; }

    public int Count => _mappings.Count;

    public void Add(ulong start, Protection protection, params PageState[] pages) => Add(start, protection, inode: 0, flags: "ac", pages);

    public void Add(ulong start, Protection protection, ulong inode, string flags, params PageState[] pages) =>
        _mappings.Add((start, protection, VmFlags.Parse(flags), inode, pages));

    public AddressRange Range(int mapping) =>
        AddressRange.Of(_mappings[mapping].Start, _mappings[mapping].Start + (ulong)_mappings[mapping].Pages.Length * Page);

    public void ReadMappings(BlockTable mappings, StringTable strings, ICollection<Problem> problems)
    {
        for (var m = Measure.Committed; (int)m < Measures.Count; m++)
            mappings.MarkPresent(m);
        foreach (var (start, protection, flags, inode, pages) in _mappings)
        {
            var row = mappings.Add(start, start + (ulong)pages.Length * Page);
            mappings.SetProtection(row, protection);
            mappings.SetFlags(row, flags);
            mappings.SetFile(row, 1, inode, 0);
            SetMeasures(mappings, row, Tally(pages), protection, flags, inode);
        }
    }

    public IReadOnlyDictionary<string, ulong> ReadCounters(ICollection<Problem> problems) => new Dictionary<string, ulong>();

    public bool TryReadPages(AddressRange range, Span<PageState> pages) => throw new NotSupportedException();

    public bool TryTally(AddressRange range, out PageTally tally)
    {
        PageLookUps++;
        tally = TrueTally(range);
        return !HidesPages;
    }

    /// <summary>What a range really holds.</summary>
    public PageTally TrueTally(AddressRange range) => Tally(_mappings.SelectMany(m =>
        m.Pages.Where((_, i) => range.Contains(new Address(m.Start + (ulong)i * Page)))));

    public void EnsureUnchanged()
    {
    }

    public void Dispose()
    {
    }

    static PageTally Tally(IEnumerable<PageState> pages)
    {
        var tally = new PageTally();
        foreach (var page in pages)
        {
            var (present, own, file) = (page.HasFlag(PageState.Present), page.HasFlag(PageState.Exclusive), page.HasFlag(PageState.File));
            tally.Resident += present ? Page : 0;
            tally.Exclusive += present && own ? Page : 0;
            tally.Anonymous += present && !file ? Page : 0;
            tally.AnonymousExclusive += present && own && !file ? Page : 0;
            tally.Swapped += page.HasFlag(PageState.Swapped) ? Page : 0;
        }
        return tally;
    }

    static void SetMeasures(BlockTable table, int row, PageTally tally, Protection protection, ulong flags, ulong inode)
    {
        var size = table.Get(Measure.Size, row);
        var charged = (flags & VmFlags.Accounted) != 0;
        var promised = protection.IsAccessible() && (charged || inode != 0);
        var committed = promised ? size : tally.Resident + tally.Swapped;
        table.Set(Measure.Committed, row, committed);
        table.Set(Measure.Private, row, protection.IsShared() ? 0 : charged ? committed : Math.Min(committed, tally.Anonymous + tally.Swapped));
        table.Set(Measure.TotalWs, row, tally.Resident);
        table.Set(Measure.Anonymous, row, tally.Anonymous);
        table.Set(Measure.Uss, row, tally.Exclusive);
        table.Set(Measure.PrivateWs, row, tally.AnonymousExclusive);
        table.Set(Measure.SharedWs, row, tally.Resident - tally.Exclusive);
        table.Set(Measure.Swap, row, tally.Swapped);
        // What pages do not tell: amounts that are no multiples of a page.
        table.Set(Measure.Pss, row, (tally.Exclusive + (tally.Resident - tally.Exclusive) / 3) & ~1023UL);
        table.Set(Measure.LockedWs, row, (flags & VmFlags.Locked) != 0 ? table.Get(Measure.Pss, row) : 0);
        table.Set(Measure.Dirty, row, (tally.Anonymous * 5 / 7) & ~1023UL);
        table.Set(Measure.Referenced, row, (tally.Resident * 2 / 3) & ~1023UL);
        table.Set(Measure.SwapPss, row, (tally.Swapped / 2) & ~1023UL);
    }
}
