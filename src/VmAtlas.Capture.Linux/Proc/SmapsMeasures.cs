using System.Numerics;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Proc;

/// <summary>From the numbers of smaps to the measures of a row.</summary>
/// <remarks>
/// Every part is kept within its whole. The kernel's own numbers already are, all of a mapping being counted in one walk; but a row
/// that was clipped lost bytes its numbers still count, and a text from elsewhere may say anything.
/// </remarks>
static class SmapsMeasures
{
    /// <summary>Which measures a text with these keys tells of.</summary>
    /// <param name="seen">Bit n is set when <see cref="SmapsKey"/> n was met.</param>
    public static void MarkPresent(BlockTable table, uint seen)
    {
        Mark(Measure.Committed, SmapsKey.VmFlags, SmapsKey.Rss, SmapsKey.Swap);
        Mark(Measure.Private, SmapsKey.VmFlags, SmapsKey.Anonymous, SmapsKey.Swap);
        Mark(Measure.TotalWs, SmapsKey.Rss);
        Mark(Measure.PrivateWs, SmapsKey.Anonymous, SmapsKey.PrivateClean, SmapsKey.PrivateDirty);
        Mark(Measure.SharedWs, SmapsKey.SharedClean, SmapsKey.SharedDirty);
        Mark(Measure.LockedWs, SmapsKey.Locked);
        Mark(Measure.Pss, SmapsKey.Pss);
        Mark(Measure.Uss, SmapsKey.PrivateClean, SmapsKey.PrivateDirty);
        Mark(Measure.Swap, SmapsKey.Swap);
        Mark(Measure.SwapPss, SmapsKey.SwapPss);
        Mark(Measure.Dirty, SmapsKey.SharedDirty, SmapsKey.PrivateDirty);
        Mark(Measure.Referenced, SmapsKey.Referenced);
        Mark(Measure.Anonymous, SmapsKey.Anonymous);
        Mark(Measure.LazyFree, SmapsKey.LazyFree);
        Mark(Measure.Thp, SmapsKey.AnonHugePages);
        Mark(Measure.Ksm, SmapsKey.Ksm);
        Mark(Measure.Hugetlb, SmapsKey.PrivateHugetlb);

        void Mark(Measure measure, params ReadOnlySpan<SmapsKey> needed)
        {
            foreach (var key in needed)
            {
                if ((seen >> (int)key & 1) == 0)
                {
                    table.MarkAbsent(measure);
                    return;
                }
            }
            table.MarkPresent(measure);
        }
    }

    /// <summary>Writes the measures of a new row whose range, protection and inode are set.</summary>
    /// <returns>Whether Private WS could be less than what was written: the mapping holds anonymous and file pages, and some of them
    /// are shared, but smaps does not say which.</returns>
    public static bool Store(BlockTable table, int row, ulong flags, SmapsValues values)
    {
        var size = table.Ends[row] - table.Starts[row];
        var rss = Math.Min(values[SmapsKey.Rss] << 10, size);
        var anonymous = Math.Min(values[SmapsKey.Anonymous] << 10, rss);
        var swap = Math.Min(values[SmapsKey.Swap] << 10, size - rss);
        var unique = Math.Min(values[SmapsKey.PrivateClean] + values[SmapsKey.PrivateDirty] << 10, rss);
        var shared = Math.Min(values[SmapsKey.SharedClean] + values[SmapsKey.SharedDirty] << 10, rss - unique);
        var privateWs = Math.Min(anonymous, unique);

        var protection = table.Protections[row];
        var accounted = (flags & VmFlags.Accounted) != 0;
        var promised = protection.IsAccessible() && (accounted || table.Inodes[row] != 0) && (flags & VmFlags.NoReserve) == 0;
        var committed = promised ? size : rss + swap;
        // A PROT_NONE mapping can still be charged (mprotect does not give the charge back); Private stays a part of Committed.
        var own = protection.IsShared() ? 0 : accounted ? committed : Math.Min(committed, anonymous + swap);

        table.SetFlags(row, flags);
        table.SetPages(row, PageShift(values[SmapsKey.KernelPageSize]), (byte)values[SmapsKey.ProtectionKey]);
        if (values[SmapsKey.ThpEligible] != 0)
            table.SetFacts(row, table.Facts[row] | BlockFlags.ThpEligible);
        Set(Measure.Committed, committed);
        Set(Measure.Private, own);
        Set(Measure.TotalWs, rss);
        Set(Measure.PrivateWs, privateWs);
        Set(Measure.SharedWs, shared);
        Set(Measure.LockedWs, Math.Min(values[SmapsKey.Locked] << 10, size));
        Set(Measure.Pss, Math.Min(values[SmapsKey.Pss] << 10, rss));
        Set(Measure.Uss, unique);
        Set(Measure.Swap, swap);
        Set(Measure.SwapPss, Math.Min(values[SmapsKey.SwapPss] << 10, swap));
        Set(Measure.Dirty, Math.Min(values[SmapsKey.SharedDirty] + values[SmapsKey.PrivateDirty] << 10, rss));
        Set(Measure.Referenced, Math.Min(values[SmapsKey.Referenced] << 10, rss));
        Set(Measure.Anonymous, anonymous);
        Set(Measure.LazyFree, Math.Min(values[SmapsKey.LazyFree] << 10, rss));
        Set(Measure.Thp, Math.Min(Huge(values) << 10, rss));
        Set(Measure.Ksm, Math.Min(values[SmapsKey.Ksm] << 10, rss));
        Set(Measure.Hugetlb, Math.Min(values[SmapsKey.SharedHugetlb] + values[SmapsKey.PrivateHugetlb] << 10, size));
        return anonymous > 0 && anonymous < rss && unique < rss && unique > 0;

        // A cleared table is zero everywhere, and most numbers of most mappings are.
        void Set(Measure measure, ulong bytes)
        {
            if (bytes != 0)
                table.Set(measure, row, bytes);
        }
    }

    static ulong Huge(SmapsValues values) =>
        values[SmapsKey.AnonHugePages] + values[SmapsKey.ShmemPmdMapped] + values[SmapsKey.FilePmdMapped];

    static byte PageShift(ulong kib) => (byte)(kib == 0 ? 12 : 10 + BitOperations.Log2(kib));
}
