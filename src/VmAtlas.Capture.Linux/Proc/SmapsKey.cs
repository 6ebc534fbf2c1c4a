namespace VmAtlas.Capture.Linux.Proc;

/// <summary>The lines of smaps that measures are made of; their order here is nobody's but ours.</summary>
enum SmapsKey : byte
{
    /// <summary>A line that is not used: Size (it is in the header), MMUPageSize, Pss_Dirty, or one this build does not know.</summary>
    Other,
    Rss, Pss, SharedClean, SharedDirty, PrivateClean, PrivateDirty, Referenced, Anonymous, Ksm, LazyFree,
    AnonHugePages, ShmemPmdMapped, FilePmdMapped, SharedHugetlb, PrivateHugetlb, Swap, SwapPss, Locked,
    KernelPageSize, ThpEligible, ProtectionKey, VmFlags,
}

static class SmapsKeys
{
    public const int Count = (int)SmapsKey.VmFlags + 1;

    public static SmapsKey Parse(ReadOnlySpan<byte> key)
    {
        for (var i = 1; i < Count; i++)
        {
            if (key.SequenceEqual(Text((SmapsKey)i)))
                return (SmapsKey)i;
        }
        return SmapsKey.Other;
    }

    /// <summary>As the kernel spells it: <c>__show_smap</c> and <c>show_smap</c> in <c>fs/proc/task_mmu.c</c>.</summary>
    static ReadOnlySpan<byte> Text(SmapsKey key) => key switch
    {
        SmapsKey.Rss => "Rss"u8,
        SmapsKey.Pss => "Pss"u8,
        SmapsKey.SharedClean => "Shared_Clean"u8,
        SmapsKey.SharedDirty => "Shared_Dirty"u8,
        SmapsKey.PrivateClean => "Private_Clean"u8,
        SmapsKey.PrivateDirty => "Private_Dirty"u8,
        SmapsKey.Referenced => "Referenced"u8,
        SmapsKey.Anonymous => "Anonymous"u8,
        SmapsKey.Ksm => "KSM"u8,
        SmapsKey.LazyFree => "LazyFree"u8,
        SmapsKey.AnonHugePages => "AnonHugePages"u8,
        SmapsKey.ShmemPmdMapped => "ShmemPmdMapped"u8,
        SmapsKey.FilePmdMapped => "FilePmdMapped"u8,
        SmapsKey.SharedHugetlb => "Shared_Hugetlb"u8,
        SmapsKey.PrivateHugetlb => "Private_Hugetlb"u8,
        SmapsKey.Swap => "Swap"u8,
        SmapsKey.SwapPss => "SwapPss"u8,
        SmapsKey.Locked => "Locked"u8,
        SmapsKey.KernelPageSize => "KernelPageSize"u8,
        SmapsKey.ThpEligible => "THPeligible"u8,
        SmapsKey.ProtectionKey => "ProtectionKey"u8,
        SmapsKey.VmFlags => "VmFlags"u8,
        _ => default,
    };
}

/// <summary>The numbers of one mapping as smaps prints them (most in kB), by <see cref="SmapsKey"/>.</summary>
sealed class SmapsValues
{
    readonly ulong[] _values = new ulong[SmapsKeys.Count];

    public ulong this[SmapsKey key]
    {
        get => _values[(int)key];
        set => _values[(int)key] = value;
    }

    public void Clear() => Array.Clear(_values);
}
