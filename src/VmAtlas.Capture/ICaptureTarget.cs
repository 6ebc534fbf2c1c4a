using VmAtlas.Model;

namespace VmAtlas.Capture;

/// <summary>A target that can be captured: the one thing every source can do. Further abilities are asked for by type
/// (<c>target is IPageSource pages</c>) and never assumed.</summary>
public interface ICaptureTarget : IDisposable
{
    ProcessFacts Process { get; }

    SystemFacts System { get; }

    AddressSpaceLayout Layout { get; }

    /// <summary>Fills a cleared table with the mappings in order of address, measures included; names go to <paramref name="strings"/>.</summary>
    /// <exception cref="VmAtlasException">Not permitted, or the target ended or became another program meanwhile.</exception>
    void ReadMappings(BlockTable mappings, StringTable strings, ICollection<Problem> problems);

    /// <summary>The system's own counters by name, bytes: VmSize, VmPTE, …; what can not be read is left out.</summary>
    IReadOnlyDictionary<string, ulong> ReadCounters(ICollection<Problem> problems);

    /// <summary>Called after the last read.</summary>
    /// <exception cref="VmAtlasException"><see cref="Failure.TargetEnded"/>: the address space read is gone, so what was read is no snapshot.</exception>
    void EnsureUnchanged();
}

/// <summary>Reads the target's memory without making any page of it resident.</summary>
/// <remarks>Ask for it, never assume it: a saved snapshot has none, and a live process may refuse.</remarks>
public interface IMemorySource
{
    /// <summary>Copies what is present from <paramref name="start"/> on and returns how many bytes; less than asked, or 0, where a
    /// page is absent, unreadable or not permitted.</summary>
    int Read(Address start, Span<byte> into);

    /// <summary>The same of as many bytes at each of many places, ascending; a live target does it in a few calls instead of two for each.</summary>
    /// <param name="length">Bytes at each place.</param>
    /// <param name="into">The places' bytes one after another, <paramref name="length"/> for each.</param>
    /// <param name="got">How many bytes each gave, from its start on.</param>
    void ReadEach(ReadOnlySpan<ulong> starts, int length, Span<byte> into, Span<int> got)
    {
        for (var i = 0; i < starts.Length; i++)
            got[i] = Read(new Address(starts[i]), into.Slice(i * length, length));
    }
}

/// <summary>Tells the state of single pages.</summary>
public interface IPageSource
{
    /// <summary>Size of the pages told of.</summary>
    ByteSize PageSize { get; }

    /// <summary>Fills one word for each page of a page-aligned range; false when the system would not say.</summary>
    bool TryReadPages(AddressRange range, Span<PageState> pages);

    /// <summary>Adds up the pages of a page-aligned range, however large and empty it is; false when the system would not say.</summary>
    bool TryTally(AddressRange range, out PageTally tally);
}

/// <summary>Bytes of a range by the state of their pages, in the terms of <see cref="Measure"/>.</summary>
public struct PageTally
{
    /// <summary>Present, less the zero page and hugetlb: what Rss counts.</summary>
    public ulong Resident;

    /// <summary>Resident and mapped by this process alone: what Uss counts.</summary>
    public ulong Exclusive;

    /// <summary>Resident and not of a file.</summary>
    public ulong Anonymous;

    /// <summary>Resident, not of a file, mapped by this process alone: what Private WS counts.</summary>
    public ulong AnonymousExclusive;

    /// <summary>Anonymous swapped out, guard markers not counted.</summary>
    public ulong Swapped;
}

/// <summary>What is known of one page.</summary>
[Flags]
public enum PageState : byte
{
    None = 0,

    /// <summary>In memory, and counted in Rss.</summary>
    Present = 1,

    /// <summary>Anonymous swapped out.</summary>
    Swapped = 2,

    /// <summary>Of a file or of shared memory (pagemap bit 61).</summary>
    File = 4,

    /// <summary>Mapped by this process alone (pagemap bit 56).</summary>
    Exclusive = 8,

    /// <summary>The shared zero page: read but never written. Not in Rss.</summary>
    Zero = 16,

    /// <summary>Part of a huge page.</summary>
    Huge = 32,

    /// <summary>A guard marker (MADV_GUARD_INSTALL): touching it faults.</summary>
    Guard = 64,

    /// <summary>Written since the last reset, where the kernel tracks that.</summary>
    SoftDirty = 128,
}
