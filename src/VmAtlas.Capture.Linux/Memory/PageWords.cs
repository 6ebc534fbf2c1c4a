using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VmAtlas.Capture.Linux.Interop;

namespace VmAtlas.Capture.Linux.Memory;

/// <summary>The 64-bit words of <c>/proc/PID/pagemap</c>, one a page, read through a window of 32 MiB of address space.</summary>
/// <remarks>A page that the kernel is just moving to another frame (compaction) looks swapped out for that moment, though smaps counts it as resident: it is looked
/// at again until it has arrived. The kinds of such entries are told only to who has CAP_SYS_ADMIN; others take such a page for swapped out.</remarks>
sealed unsafe class PageWords
{
    public const ulong Present = 1UL << 63;
    public const ulong Swapped = 1UL << 62;
    public const ulong File = 1UL << 61;
    public const ulong Guard = 1UL << 58;
    public const ulong Exclusive = 1UL << 56;
    public const ulong SoftDirty = 1UL << 55;

    /// <summary>Page frame number; 0 for a reader without CAP_SYS_ADMIN.</summary>
    public const ulong FrameMask = (1UL << 55) - 1;

    /// <summary>Kinds of swap entries (low five bits) that are no swap: from the lowest that MAX_SWAPFILES of <c>linux/swap.h</c> leaves up to
    /// the last, which marks what is nowhere.</summary>
    const ulong KindMask = 31, FirstPageKind = 23, Marker = 31;

    /// <summary>A page moves within microseconds, a batch of them within milliseconds, and within tens where the mover itself has to wait for
    /// a core. What is still not there after that, pages in a device or broken ones, is not waited for.</summary>
    const int MostLooks = 100, MostWaits = 200;

    const int WindowPages = 8192;

    readonly ulong[] _words = GC.AllocateUninitializedArray<ulong>(WindowPages, pinned: true);
    readonly int _pageShift = BitOperations.Log2((uint)Environment.SystemPageSize);
    ulong _start, _end;
    int _waits;

    /// <summary>Whether the word is of a page in memory that no page table leads to at this moment.</summary>
    public static bool IsMoving(ulong word) =>
        (word & (Present | Swapped | Guard)) == Swapped && (word & KindMask) is >= FirstPageKind and < Marker;

    /// <summary>Begins a capture: moving pages are waited for again.</summary>
    public void Begin()
    {
        Forget();
        _waits = 0;
    }

    /// <summary>Forgets what was read, so that the next look is fresh.</summary>
    public void Forget() => _start = _end = 0;

    /// <summary>The words of pages from <paramref name="start"/> on, one at least and none at or after <paramref name="end"/>; empty when
    /// the target is gone or the address is no user address. Reads ahead to <paramref name="horizon"/>, which lies at or after the end.</summary>
    public ReadOnlySpan<ulong> At(SafeFileHandle pagemap, ulong start, ulong end, ulong horizon)
    {
        if ((start < _start || start >= _end) && !Fill(pagemap, start, horizon))
            return default;
        var first = (int)((start - _start) >> _pageShift);
        return _words.AsSpan(first, (int)((Math.Min(end, _end) - start) >> _pageShift));
    }

    bool Fill(SafeFileHandle pagemap, ulong start, ulong horizon)
    {
        var pages = (int)Math.Min(WindowPages, (horizon - start) >> _pageShift);
        Forget();
        var got = Read(pagemap, start, _words.AsSpan(0, pages));
        if (got == 0)
            return false;
        WaitForMoving(pagemap, start, _words.AsSpan(0, got));
        (_start, _end) = (start, start + ((ulong)got << _pageShift));
        return true;
    }

    /// <summary>Looks again at the pages on the move, and at no other: of a large heap some would always be.</summary>
    void WaitForMoving(SafeFileHandle pagemap, ulong start, Span<ulong> words)
    {
        var first = NextMoving(words, 0);
        for (var looks = 1; first < words.Length && looks < MostLooks && _waits < MostWaits; looks++, _waits++)
        {
            Thread.Sleep(1);
            for (var page = first; page < words.Length; page = NextMoving(words, page + 1))
                Read(pagemap, start + ((ulong)page << _pageShift), words.Slice(page, 1));
            first = NextMoving(words, first);
        }
    }

    /// <summary>The first page on the move from one on; the number of pages where there is none.</summary>
    static int NextMoving(ReadOnlySpan<ulong> words, int from)
    {
        while (from < words.Length && !IsMoving(words[from]))
            from++;
        return from;
    }

    /// <returns>How many words were read.</returns>
    int Read(SafeFileHandle pagemap, ulong start, Span<ulong> words)
    {
        nint got;
        do
        {
            fixed (ulong* into = words)
                got = Libc.pread(pagemap, into, (nuint)words.Length * sizeof(ulong), (long)(start >> _pageShift) * sizeof(ulong));
        }
        while (got < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR);
        return (int)Math.Max(0, got) / sizeof(ulong);
    }
}
