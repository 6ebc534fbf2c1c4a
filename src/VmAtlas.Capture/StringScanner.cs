using VmAtlas.Model;

namespace VmAtlas.Capture;

/// <summary>How the characters of a string found in memory are stored.</summary>
public enum StringEncoding : byte
{
    Ascii,
    Utf16,
}

/// <summary>Takes a string found in memory.</summary>
/// <param name="address">Where its first character lies.</param>
/// <param name="text">Valid during the call only.</param>
public delegate void StringFound(Address address, StringEncoding encoding, ReadOnlySpan<char> text);

/// <summary>Finds runs of printable characters in what is present of a target's memory, as <c>strings</c> does in a file.</summary>
/// <remarks>
/// Only present pages are read (a page source tells which; without one each page is tried, and a source that obeys its contract gives
/// nothing of an absent one). A run ends where the next page is absent. Strings are told in order of where they end, so that nothing
/// but the runs at hand is kept; one of more than <see cref="LongestRun"/> characters is told in pieces.
/// </remarks>
/// <param name="least">The fewest characters worth telling.</param>
public sealed class StringScanner(IMemorySource memory, IPageSource? pages, int least, StringFound found)
{
    /// <summary>Characters told at once at most.</summary>
    public const int LongestRun = 4096;

    const int ChunkBytes = 256 << 10;
    const int PagesAtOnce = 16384;

    readonly byte[] _chunk = new byte[ChunkBytes];
    readonly PageState[] _states = new PageState[PagesAtOnce];
    readonly AsciiRuns _ascii = new(least, found);
    readonly Utf16Runs _even = new(least, found, 0);
    readonly Utf16Runs _odd = new(least, found, 1);

    /// <summary>Bytes looked at so far.</summary>
    public ulong BytesRead { get; private set; }

    /// <summary>Tells the strings of a page-aligned range.</summary>
    public void Scan(AddressRange range, CancellationToken cancellation = default)
    {
        var page = pages?.PageSize.Bytes ?? 4096;
        for (var at = range.Start.Value; at < range.End.Value;)
        {
            cancellation.ThrowIfCancellationRequested();
            var end = at + Math.Min(range.End.Value - at, PagesAtOnce * page);
            ScanPart(AddressRange.Of(at, end), page, cancellation);
            at = end;
        }
        EndRuns();
    }

    void ScanPart(AddressRange part, ulong page, CancellationToken cancellation)
    {
        var states = _states.AsSpan(0, (int)((part.Size.Bytes + page - 1) / page));
        if (pages is null || !pages.TryReadPages(part, states))
            states.Fill(PageState.Present);
        for (var i = 0; i < states.Length;)
        {
            var first = i;
            var present = IsPresent(states[i]);
            while (i < states.Length && IsPresent(states[i]) == present)
                i++;
            var start = part.Start.Value + ((ulong)first * page);
            if (present)
                Read(start, Math.Min(part.End.Value, part.Start.Value + ((ulong)i * page)), page, cancellation);
            else
                EndRuns();
        }
    }

    static bool IsPresent(PageState state) => (state & (PageState.Present | PageState.Zero)) == PageState.Present;

    void Read(ulong start, ulong end, ulong page, CancellationToken cancellation)
    {
        while (start < end)
        {
            cancellation.ThrowIfCancellationRequested();
            var got = memory.Read(new Address(start), _chunk.AsSpan(0, (int)Math.Min(ChunkBytes, end - start)));
            if (got > 0)
            {
                Feed(_chunk.AsSpan(0, got), start);
                start += (ulong)got;
            }
            else
            {
                EndRuns();
                start = (start / page + 1) * page;
            }
        }
    }

    void Feed(ReadOnlySpan<byte> bytes, ulong address)
    {
        BytesRead += (ulong)bytes.Length;
        _ascii.Feed(bytes, address);
        _even.Feed(bytes, address);
        _odd.Feed(bytes, address);
    }

    void EndRuns()
    {
        _ascii.End();
        _even.Abandon();
        _odd.Abandon();
    }
}
