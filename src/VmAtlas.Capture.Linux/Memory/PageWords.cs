using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VmAtlas.Capture.Linux.Interop;

namespace VmAtlas.Capture.Linux.Memory;

/// <summary>The 64-bit words of <c>/proc/PID/pagemap</c>, one a page, read through a window of 32 MiB of address space.</summary>
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

    const int WindowPages = 8192;

    readonly ulong[] _words = GC.AllocateUninitializedArray<ulong>(WindowPages, pinned: true);
    readonly int _pageShift = BitOperations.Log2((uint)Environment.SystemPageSize);
    ulong _start, _end;

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
        var pages = Math.Min(WindowPages, (horizon - start) >> _pageShift);
        Forget();
        nint got;
        do
        {
            fixed (ulong* into = _words)
                got = Libc.pread(pagemap, into, (nuint)pages * sizeof(ulong), (long)(start >> _pageShift) * sizeof(ulong));
        }
        while (got < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR);
        if (got < sizeof(ulong))
            return false;
        (_start, _end) = (start, start + ((ulong)got / sizeof(ulong) << _pageShift));
        return true;
    }
}
