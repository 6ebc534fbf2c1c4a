using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>Lets several threads read from a source, one at a time.</summary>
sealed class SharedSource(IMemorySource memory) : IMemorySource, IPageSource
{
    readonly Lock _turn = new();
    readonly IPageSource? _pages = memory as IPageSource;

    /// <summary>Whether single pages can be asked about.</summary>
    public bool KnowsPages => _pages is not null;

    public ByteSize PageSize => _pages?.PageSize ?? default;

    public int Read(Address start, Span<byte> into)
    {
        lock (_turn)
            return memory.Read(start, into);
    }

    public void ReadEach(ReadOnlySpan<ulong> starts, int length, Span<byte> into, Span<int> got)
    {
        lock (_turn)
            memory.ReadEach(starts, length, into, got);
    }

    public bool TryReadPages(AddressRange range, Span<PageState> pages)
    {
        lock (_turn)
            return _pages is not null && _pages.TryReadPages(range, pages);
    }

    public bool TryTally(AddressRange range, out PageTally tally)
    {
        tally = default;
        lock (_turn)
            return _pages is not null && _pages.TryTally(range, out tally);
    }
}
