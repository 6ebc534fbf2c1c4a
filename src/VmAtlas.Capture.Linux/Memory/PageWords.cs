using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VmAtlas.Capture.Linux.Interop;

namespace VmAtlas.Capture.Linux.Memory;

/// <summary>The 64-bit words of <c>/proc/PID/pagemap</c>, one a page, read through a window of 32 MiB of address space.</summary>
sealed unsafe class PageWords(SafeFileHandle pagemap, int pageShift)
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
    ulong _start, _end;

    /// <summary>Forgets what was read, so that the next look is fresh.</summary>
    public void Forget() => _start = _end = 0;

    /// <summary>The words of pages from <paramref name="start"/> on, one at least and none at or after <paramref name="end"/>; empty when
    /// the target is gone or the address is no user address. Reads ahead to <paramref name="horizon"/>, which lies at or after the end.</summary>
    public ReadOnlySpan<ulong> At(ulong start, ulong end, ulong horizon)
    {
        if ((start < _start || start >= _end) && !Fill(start, horizon))
            return default;
        var first = (int)((start - _start) >> pageShift);
        return _words.AsSpan(first, (int)((Math.Min(end, _end) - start) >> pageShift));
    }

    bool Fill(ulong start, ulong horizon)
    {
        var pages = Math.Min(WindowPages, (horizon - start) >> pageShift);
        Forget();
        nint got;
        do
        {
            fixed (ulong* into = _words)
                got = Libc.pread(pagemap, into, (nuint)pages * sizeof(ulong), (long)(start >> pageShift) * sizeof(ulong));
        }
        while (got < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR);
        if (got < sizeof(ulong))
            return false;
        (_start, _end) = (start, start + ((ulong)got / sizeof(ulong) << pageShift));
        return true;
    }
}
