using VmAtlas.Capture.Clr.Helper.Interop;

namespace VmAtlas.Capture.Clr.Helper.Memory;

/// <summary>Reads a Linux process's memory without making a page of it resident.</summary>
/// <remarks>
/// A page that is not present is never touched in the target: reading it through <c>/proc/PID/mem</c> would map it there. What it holds
/// is known all the same: zeros where nothing was ever written to anonymous memory, the file's bytes where the mapping is of a file. Only
/// what is swapped out, or mapped since the last refresh, can not be read.
/// </remarks>
sealed unsafe class TargetMemory(TargetFiles files) : PageCache
{
    const ulong Present = 1UL << 63, Swapped = 1UL << 62;

    ProcMapping[] _mappings = files.ReadMaps();

    public ReadOnlySpan<ProcMapping> Mappings => _mappings;

    /// <summary>Bytes read from the target's memory, for the curious.</summary>
    public long BytesRead { get; private set; }

    public override void Dispose() => files.Dispose();

    protected override void OnRefresh() => _mappings = files.ReadMaps();

    /// <summary>Fills a slab and returns one bit for each page that could be read.</summary>
    protected override byte Fill(ulong address, Span<byte> bytes)
    {
        var pages = stackalloc ulong[SlabPages];
        new Span<ulong>(pages, SlabPages).Clear();
        _ = Libc.pread(files.Pages, pages, SlabPages * sizeof(ulong), (long)(address >> PageShift << 3));
        var readable = 0;
        for (var i = 0; i < SlabPages; i++)
        {
            var run = i;
            while (run < SlabPages && (pages[run] & Present) != 0)
                run++;
            if (run > i)
            {
                var got = FromMemory(address + (ulong)(i * PageSize), bytes[(i * PageSize)..(run * PageSize)]);
                readable |= ((1 << got) - 1) << i;
                i = run - 1;
            }
            else if ((pages[i] & Swapped) == 0 && FromMapping(address + (ulong)(i * PageSize), bytes.Slice(i * PageSize, PageSize)))
            {
                readable |= 1 << i;
            }
        }
        return (byte)readable;
    }

    /// <summary>Whole pages read.</summary>
    int FromMemory(ulong address, Span<byte> bytes)
    {
        fixed (byte* at = bytes)
        {
            var n = Libc.pread(files.Memory, at, (nuint)bytes.Length, (long)address);
            BytesRead += Math.Max(0, n);
            return n <= 0 ? 0 : (int)(n >> PageShift);
        }
    }

    /// <summary>One page that is not present, from what its mapping says it must hold.</summary>
    bool FromMapping(ulong address, Span<byte> bytes)
    {
        var index = IndexOf(address);
        if (index < 0)
            return false;
        ref readonly var mapping = ref _mappings[index];
        bytes.Clear();
        if (mapping.Inode == 0)
            return !mapping.IsShared;
        var file = files.FileOf(mapping);
        if (file < 0)
            return false;
        fixed (byte* at = bytes)
            return Libc.pread(file, at, (nuint)bytes.Length, (long)(mapping.Offset + (address - mapping.Start))) > 0;
    }

    int IndexOf(ulong address)
    {
        var (low, high) = (0, _mappings.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_mappings[middle].End > address)
                high = middle;
            else
                low = middle + 1;
        }
        return low < _mappings.Length && _mappings[low].Start <= address ? low : -1;
    }
}
