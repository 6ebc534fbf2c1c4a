using System.Numerics;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Proc;

/// <summary>The numbers of one mapping as smaps prints them (kB), and the measures made of them.</summary>
struct SmapsFields
{
    public ulong Flags;
    ulong _rss, _pss, _sharedClean, _sharedDirty, _privateClean, _privateDirty, _referenced, _anonymous, _ksm, _lazyFree;
    ulong _anonHuge, _shmemHuge, _fileHuge, _sharedHugetlb, _privateHugetlb, _swap, _swapPss, _locked, _pageSize, _thpEligible, _protectionKey;

    public void Set(ReadOnlySpan<byte> key, ulong value)
    {
        if (key.SequenceEqual("Rss"u8)) _rss = value;
        else if (key.SequenceEqual("Pss"u8)) _pss = value;
        else if (key.SequenceEqual("Shared_Clean"u8)) _sharedClean = value;
        else if (key.SequenceEqual("Shared_Dirty"u8)) _sharedDirty = value;
        else if (key.SequenceEqual("Private_Clean"u8)) _privateClean = value;
        else if (key.SequenceEqual("Private_Dirty"u8)) _privateDirty = value;
        else if (key.SequenceEqual("Referenced"u8)) _referenced = value;
        else if (key.SequenceEqual("Anonymous"u8)) _anonymous = value;
        else if (key.SequenceEqual("KSM"u8)) _ksm = value;
        else if (key.SequenceEqual("LazyFree"u8)) _lazyFree = value;
        else if (key.SequenceEqual("AnonHugePages"u8)) _anonHuge = value;
        else if (key.SequenceEqual("ShmemPmdMapped"u8)) _shmemHuge = value;
        else if (key.SequenceEqual("FilePmdMapped"u8)) _fileHuge = value;
        else if (key.SequenceEqual("Shared_Hugetlb"u8)) _sharedHugetlb = value;
        else if (key.SequenceEqual("Private_Hugetlb"u8)) _privateHugetlb = value;
        else if (key.SequenceEqual("Swap"u8)) _swap = value;
        else if (key.SequenceEqual("SwapPss"u8)) _swapPss = value;
        else if (key.SequenceEqual("Locked"u8)) _locked = value;
        else if (key.SequenceEqual("KernelPageSize"u8)) _pageSize = value;
        else if (key.SequenceEqual("THPeligible"u8)) _thpEligible = value;
        else if (key.SequenceEqual("ProtectionKey"u8)) _protectionKey = value;
    }

    /// <summary>Writes the measures of a row whose range, access and inode are set.</summary>
    public readonly void Store(BlockTable table, int row)
    {
        var protection = table.Protections[row];
        var size = table.Get(Measure.Size, row);
        var (rss, anonymous, swap) = (_rss << 10, _anonymous << 10, _swap << 10);
        var unique = (_privateClean + _privateDirty) << 10;
        var charged = (Flags & VmFlags.Accounted) != 0 || table.Inodes[row] != 0;
        var promised = protection.IsAccessible() && charged && (Flags & VmFlags.NoReserve) == 0;
        var committed = promised ? size : Math.Min(size, rss + swap);
        // A PROT_NONE mapping can still be charged (mprotect does not give the charge back); Private stays a part of Committed.
        var own = protection.IsShared() ? 0
            : (Flags & VmFlags.Accounted) != 0 ? committed
            : Math.Min(committed, anonymous + swap);
        table.SetFlags(row, Flags);
        table.SetPages(row, (byte)(_pageSize == 0 ? 12 : BitOperations.Log2(_pageSize << 10)), (byte)_protectionKey);
        if (_thpEligible != 0)
            table.SetFacts(row, table.Facts[row] | BlockFlags.ThpEligible);
        table.Set(Measure.Committed, row, committed);
        table.Set(Measure.Private, row, own);
        table.Set(Measure.TotalWs, row, rss);
        table.Set(Measure.PrivateWs, row, Math.Min(anonymous, unique));
        table.Set(Measure.SharedWs, row, (_sharedClean + _sharedDirty) << 10);
        table.Set(Measure.LockedWs, row, _locked << 10);
        table.Set(Measure.Pss, row, _pss << 10);
        table.Set(Measure.Uss, row, unique);
        table.Set(Measure.Swap, row, swap);
        table.Set(Measure.SwapPss, row, _swapPss << 10);
        table.Set(Measure.Dirty, row, (_sharedDirty + _privateDirty) << 10);
        table.Set(Measure.Referenced, row, _referenced << 10);
        table.Set(Measure.Anonymous, row, anonymous);
        table.Set(Measure.LazyFree, row, _lazyFree << 10);
        table.Set(Measure.Thp, row, (_anonHuge + _shmemHuge + _fileHuge) << 10);
        table.Set(Measure.Ksm, row, _ksm << 10);
        table.Set(Measure.Hugetlb, row, (_sharedHugetlb + _privateHugetlb) << 10);
    }
}
