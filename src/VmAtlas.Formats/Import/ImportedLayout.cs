using VmAtlas.Model;

namespace VmAtlas.Formats.Import;

/// <summary>Finds limits of the address space by which what is left over divides into Free and Unusable as the file says.</summary>
/// <remarks>
/// Files in VMMap's layout do not state the limits. The end follows exactly: blocks, Unusable and Free fill the space. How Unusable came to be is
/// tried by what is usual: Windows' 64 KiB granularity; Linux' lowest address and the guard gap below the main stack (the highest region
/// of type Stack). The one that gives most of the stated figures is taken, and <see cref="Import"/> reports those it does not give.
/// </remarks>
static class ImportedLayout
{
    const ulong WindowsGranularity = 64 << 10;

    /// <summary>Blocks from here on (Linux' vsyscall page) are beyond any user address space.</summary>
    const ulong Kernel = 1UL << 63;

    public static AddressSpaceLayout Find(BlockTable blocks, RegionTable regions, StatedSummary stated)
    {
        var end = End(blocks, stated);
        if (stated[MemoryType.Free] is null)
            return new AddressSpaceLayout(Address.Zero, new Address(end), ByteSize.Zero);
        var unusable = stated.Get(MemoryType.Unusable, Measure.Size);
        var guard = Math.Min(unusable, stated[MemoryType.Unusable]?.Largest ?? 0);
        AddressSpaceLayout[] candidates =
        [
            new(Address.Zero, new Address(end), ByteSize.Zero, new ByteSize(WindowsGranularity)),
            new(new Address(unusable), new Address(end), ByteSize.Zero),
            new(new Address(unusable - guard), new Address(end), new ByteSize(guard)),
        ];
        var flagged = MarkMainStack(blocks, regions);
        var best = candidates.MaxBy(layout => Matches(blocks, layout, stated))!;
        if (flagged >= 0 && best.StackGuardGap == ByteSize.Zero)
            blocks.SetFlags(flagged, 0);
        return best;
    }

    static ulong End(BlockTable blocks, StatedSummary stated)
    {
        var (sum, last) = (0UL, 0UL);
        for (var i = 0; i < blocks.Count && blocks.Starts[i] < Kernel; i++)
        {
            sum += blocks.Ends[i] - blocks.Starts[i];
            last = blocks.Ends[i];
        }
        if (stated[MemoryType.Free] is not { } free)
            return last <= uint.MaxValue ? 1UL << 32 : Math.Max(last, 1UL << 47);
        var all = (UInt128)sum + free.Sizes.Size + stated.Get(MemoryType.Unusable, Measure.Size);
        return all < Kernel ? Math.Max((ulong)all, last) : throw new InvalidDataException("Free is larger than any address space");
    }

    static int MarkMainStack(BlockTable blocks, RegionTable regions)
    {
        for (var r = regions.Count - 1; r >= 0; r--)
        {
            if (regions.Types[r] != MemoryType.Stack)
                continue;
            blocks.SetFlags(regions.FirstBlocks[r], VmFlags.GrowsDown);
            return regions.FirstBlocks[r];
        }
        return -1;
    }

    static int Matches(BlockTable blocks, AddressSpaceLayout layout, StatedSummary stated)
    {
        var gaps = GapTable.Between(blocks, layout);
        var (sizes, largest, holes) = (new ulong[MemoryTypes.Count], new ulong[MemoryTypes.Count], 0L);
        for (var i = 0; i < gaps.Count; i++)
        {
            var (type, size) = ((int)gaps.Type(i), gaps.Range(i).Size.Bytes);
            sizes[type] += size;
            largest[type] = Math.Max(largest[type], size);
            holes += gaps.Type(i) == MemoryType.Free ? 1 : 0;
        }
        var matches = holes == stated[MemoryType.Free]?.Blocks ? 1 : 0;
        foreach (var type in (ReadOnlySpan<MemoryType>)[MemoryType.Unusable, MemoryType.Free])
        {
            // A size that is right is worth more than all else: totals are made of sizes.
            matches += sizes[(int)type] >> 10 == stated.Get(type, Measure.Size) >> 10 ? 10 : 0;
            matches += largest[(int)type] >> 10 == (stated[type]?.Largest ?? 0) >> 10 ? 1 : 0;
        }
        return matches;
    }
}
