using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VmAtlas.Capture.Linux.Interop;

namespace VmAtlas.Capture.Linux.Memory;

/// <summary>What PAGEMAP_SCAN can tell of a page: PAGE_IS_* of <c>linux/fs.h</c>.</summary>
[Flags]
enum PageCategory : ulong
{
    None = 0,
    Present = 1 << 3,
    Swapped = 1 << 4,
    PfnZero = 1 << 5,
    Huge = 1 << 6,

    /// <summary>Since 6.15; older kernels answer EINVAL.</summary>
    Guard = 1 << 8,
}

/// <summary>struct page_region: neighbouring pages of the same categories.</summary>
struct PageRegion
{
    public ulong Start;
    public ulong End;
    public PageCategory Categories;
}

/// <summary>The PAGEMAP_SCAN ioctl (Linux 6.7, <c>Documentation/admin-guide/mm/pagemap.rst</c>): the populated ranges of an address
/// space, however large and empty it is, in one walk.</summary>
/// <remarks>It joins pages across borders of mappings. PAGE_IS_FILE is not asked for: it touches every page's struct and triples the cost.</remarks>
sealed unsafe class PageScan
{
    const nuint Request = 0xC0606610; // _IOWR('f', 16, struct pm_scan_arg)

    struct Argument
    {
        public ulong Size, Flags, Start, End, WalkEnd, Vector, VectorLength, MaxPages;
        public PageCategory Inverted, All, Any, Return;
    }

    readonly PageRegion[] _found = GC.AllocateUninitializedArray<PageRegion>(512, pinned: true);
    PageCategory _guard = PageCategory.Guard;

    /// <summary>Whether the kernel has the call: it is tried on nothing.</summary>
    public bool IsAvailable(SafeFileHandle pagemap)
    {
        var at = 0UL;
        return Next(pagemap, ref at, 0, PageCategory.Present, out _);
    }

    /// <summary>The next regions that have any of the categories, from <paramref name="at"/> (moved on) to <paramref name="end"/>, both
    /// page-aligned. Walk until <paramref name="at"/> reaches the end; the span is good until the next call.</summary>
    public bool Next(
        SafeFileHandle pagemap, ref ulong at, ulong end, PageCategory any, out ReadOnlySpan<PageRegion> found, int atMost = 512)
    {
        fixed (PageRegion* vector = _found)
        {
            while (true)
            {
                var argument = new Argument
                {
                    Size = (ulong)sizeof(Argument),
                    Start = at,
                    End = end,
                    Vector = (ulong)vector,
                    VectorLength = (ulong)Math.Min(atMost, _found.Length),
                    Any = any,
                    Return = PageCategory.Present | PageCategory.Swapped | PageCategory.PfnZero | PageCategory.Huge | _guard,
                };
                var count = Libc.ioctl(pagemap, Request, &argument);
                if (count >= 0)
                {
                    at = argument.WalkEnd;
                    found = _found.AsSpan(0, count);
                    return true;
                }
                var errno = Marshal.GetLastPInvokeError();
                if (errno == Libc.EINVAL && _guard != 0)
                    _guard = 0;
                else if (errno != Libc.EINTR)
                    break;
            }
        }
        found = default;
        return false;
    }
}
