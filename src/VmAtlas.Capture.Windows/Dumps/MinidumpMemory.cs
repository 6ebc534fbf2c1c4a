using VmAtlas.Capture.Windows.Calls;

namespace VmAtlas.Capture.Windows.Dumps;

/// <summary>The memory of a minidump: Memory64List (one run of bytes for all), or MemoryList (a place for each).</summary>
static class MinidumpMemory
{
    /// <summary>Ascending, without overlaps.</summary>
    public static DumpedMemory[] Read(MinidumpFile file)
    {
        var ranges = new List<DumpedMemory>();
        ReadOnlySpan<byte> large = file.Stream(MinidumpFile.Memory64List);
        if (large.Length >= 16)
        {
            var offset = large.U64(8);
            for (var at = 16; at + 16 <= large.Length && (ulong)ranges.Count < large.U64(0); at += 16)
            {
                Add(ranges, file, large.U64(at), large.U64(at + 8), offset);
                offset = unchecked(offset + large.U64(at + 8));
            }
        }
        ReadOnlySpan<byte> small = file.Stream(MinidumpFile.MemoryList);
        if (small.Length >= 4)
        {
            for (var at = 4; at + 16 <= small.Length && (at - 4) / 16 < small.U32(0); at += 16)
                Add(ranges, file, small.U64(at), small.U32(at + 8), small.U32(at + 12));
        }
        ranges.Sort((a, b) => a.Start.CompareTo(b.Start));
        return WithoutOverlaps(ranges);
    }

    /// <summary>Copies memory that the dump has; less than asked, or 0, where it has none.</summary>
    public static int Read(MinidumpFile file, DumpedMemory[] memory, ulong address, Span<byte> into)
    {
        var done = 0;
        for (var i = IndexOf(memory, address); done < into.Length && i < memory.Length && memory[i].Start <= address; i++)
        {
            var left = memory[i].Start + memory[i].Size;
            var length = (int)Math.Min((ulong)(into.Length - done), left - address);
            var got = file.ReadAt(memory[i].Offset + (address - memory[i].Start), into.Slice(done, length));
            done += got;
            address += (ulong)got;
            if (got < length)
                break;
        }
        return done;
    }

    static int IndexOf(DumpedMemory[] memory, ulong address)
    {
        var (low, high) = (0, memory.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (memory[middle].Start + memory[middle].Size <= address)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    static void Add(List<DumpedMemory> ranges, MinidumpFile file, ulong start, ulong size, ulong offset)
    {
        if (size > 0 && start <= ulong.MaxValue - size && offset < (ulong)file.Length)
            ranges.Add(new DumpedMemory(start, Math.Min(size, (ulong)file.Length - offset), offset));
    }

    static DumpedMemory[] WithoutOverlaps(List<DumpedMemory> sorted)
    {
        var (kept, end) = (new List<DumpedMemory>(sorted.Count), 0UL);
        foreach (var range in sorted)
        {
            if (range.Start < end)
                continue;
            kept.Add(range);
            end = range.Start + range.Size;
        }
        return [.. kept];
    }
}
