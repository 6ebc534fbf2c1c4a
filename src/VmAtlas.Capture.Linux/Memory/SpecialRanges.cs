using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Memory;

/// <summary>The mappings whose pages are not what they look like: hugetlb pages are not in Rss, and device memory must never be
/// read. Known from the VmFlags of the last reading.</summary>
sealed class SpecialRanges
{
    readonly List<AddressRange> _hugetlb = [], _devices = [];

    /// <summary>Whether mappings were read at all, so that "not special" means something.</summary>
    public bool Known { get; private set; }

    public void Learn(BlockTable mappings)
    {
        _hugetlb.Clear();
        _devices.Clear();
        var flags = mappings.Flags;
        for (var i = 0; i < flags.Length; i++)
        {
            if ((flags[i] & VmFlags.HugeTlb) != 0)
                _hugetlb.Add(mappings.Range(i));
            else if ((flags[i] & (VmFlags.IoDevice | VmFlags.PfnMap)) != 0)
                _devices.Add(mappings.Range(i));
        }
        Known = true;
    }

    public bool TouchesDevice(AddressRange range) => _devices.Exists(d => d.Overlaps(range));

    /// <summary>The end of the hugetlb mapping that holds an address, or 0.</summary>
    public ulong HugetlbEnd(ulong address)
    {
        foreach (var range in _hugetlb)
        {
            if (range.Contains(new Address(address)))
                return range.End.Value;
        }
        return 0;
    }

    /// <summary>The start of the first hugetlb mapping after an address, at most <paramref name="end"/>.</summary>
    public ulong NextHugetlb(ulong address, ulong end)
    {
        foreach (var range in _hugetlb)
        {
            if (range.Start.Value > address)
                return Math.Min(end, range.Start.Value);
        }
        return end;
    }
}
