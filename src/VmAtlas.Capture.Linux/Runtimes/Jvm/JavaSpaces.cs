namespace VmAtlas.Capture.Linux.Runtimes.Jvm;

/// <summary>A part of the Java heap that the collector uses for one purpose; objects fill it from the bottom to the top.</summary>
readonly record struct JavaSpace(ulong Bottom, ulong Top, ulong End, string Name);

/// <summary>How a collector divides the Java heap, by HotSpot's own description of its structures.</summary>
/// <remarks>
/// G1: a table of regions of one size, each with a tag. Parallel and Serial: eden, two survivor spaces, and the old generation. Shenandoah and ZGC are not
/// read. Each structure proves itself: its spaces must lie in the heap, G1's regions one behind the other. The program runs on: a region may
/// change its purpose while the table is read.
/// </remarks>
sealed record JavaSpaces(string Collector, IReadOnlyList<JavaSpace> Spaces)
{
    const int MaxRegions = 1 << 16;

    // HeapRegionType's tags (heapRegionType.hpp): bits, of which free has none.
    const uint Eden = 2, Survivor = 3, Humongous = 4, Old = 16, Archive = 32;

    /// <summary>Bytes that objects take, garbage among them.</summary>
    public ulong Used => Spaces.Aggregate(0UL, (sum, s) => sum + (s.Top - s.Bottom));

    /// <summary>Null for a collector that is not read, or a heap that is being made.</summary>
    public static JavaSpaces? Read(HotSpotFields fields, ulong heap, ulong start, ulong size) =>
        ReadG1(fields, heap, start, size) ?? ReadParallel(fields, start, size) ?? ReadSerial(fields, heap, start, size);

    static JavaSpaces? ReadG1(HotSpotFields fields, ulong heap, ulong start, ulong size)
    {
        if (fields.AddressOf(heap, "G1CollectedHeap::_hrm") is not { } manager || fields.AddressOf(manager, "HeapRegionManager::_regions") is not { } table
            || fields.Of(table, "G1HeapRegionTable::_base") is not { } regions || fields.Of(table, "G1HeapRegionTable::_length") is not { } count
            || count is 0 or > MaxRegions || size % count != 0 || size / count < 1 << 20)
            return null;
        var pointers = new ulong[count];
        if (!fields.TryRead(regions, pointers))
            return null;
        var spaces = new List<JavaSpace>();
        for (var i = 0; i < pointers.Length; i++)
        {
            // A region never used yet has no description.
            if (pointers[i] == 0)
                continue;
            var bottom = start + (ulong)i * (size / count);
            if (fields.Of(pointers[i], "HeapRegion::_bottom") != bottom || fields.Of(pointers[i], "HeapRegion::_top") is not { } top
                || fields.AddressOf(pointers[i], "HeapRegion::_type") is not { } type || fields.Int(type, "HeapRegionType::_tag") is not { } tag)
                return null;
            var end = bottom + size / count;
            spaces.Add(new JavaSpace(bottom, Math.Clamp(top, bottom, end), end, NameOf(tag)));
        }
        return spaces.Count > 0 ? new JavaSpaces("G1", spaces) : null;
    }

    static string NameOf(uint tag) => tag switch
    {
        0 => "free",
        Eden => "eden",
        Survivor => "survivor",
        _ when (tag & Humongous) != 0 => "humongous",
        _ when (tag & Archive) != 0 => "archive",
        _ when (tag & Old) != 0 => "old",
        _ => "",
    };

    static JavaSpaces? ReadParallel(HotSpotFields fields, ulong start, ulong size)
    {
        if (fields.Static("ParallelScavengeHeap::_young_gen") is not (> 0 and var young) || fields.Static("ParallelScavengeHeap::_old_gen") is not (> 0 and var old))
            return null;
        return Make("Parallel", start, size,
            Space(young, "PSYoungGen::_eden_space", "eden"), Space(young, "PSYoungGen::_from_space", "survivor"),
            Space(young, "PSYoungGen::_to_space", "survivor"), Space(old, "PSOldGen::_object_space", "old"));

        JavaSpace? Space(ulong generation, string field, string name) => fields.Of(generation, field) is { } space
            && fields.Of(space, "MutableSpace::_bottom") is { } bottom && fields.Of(space, "MutableSpace::_top") is { } top
            && fields.Of(space, "MutableSpace::_end") is { } end ? new JavaSpace(bottom, top, end, name) : null;
    }

    static JavaSpaces? ReadSerial(HotSpotFields fields, ulong heap, ulong start, ulong size)
    {
        if (fields.Of(heap, "GenCollectedHeap::_young_gen") is not (> 0 and var young) || fields.Of(heap, "GenCollectedHeap::_old_gen") is not (> 0 and var old))
            return null;
        return Make("Serial", start, size,
            Space(young, "DefNewGeneration::_eden_space", "eden"), Space(young, "DefNewGeneration::_from_space", "survivor"),
            Space(young, "DefNewGeneration::_to_space", "survivor"), Space(old, "TenuredGeneration::_the_space", "old"));

        JavaSpace? Space(ulong generation, string field, string name) => fields.Of(generation, field) is { } space
            && fields.Of(space, "Space::_bottom") is { } bottom && fields.Of(space, "ContiguousSpace::_top") is { } top
            && fields.Of(space, "Space::_end") is { } end ? new JavaSpace(bottom, top, end, name) : null;
    }

    static JavaSpaces? Make(string collector, ulong start, ulong size, params ReadOnlySpan<JavaSpace?> spaces)
    {
        var good = new List<JavaSpace>();
        foreach (var space in spaces)
        {
            if (space is not { } s || s.Bottom < start || s.Bottom > s.Top || s.Top > s.End || s.End > start + size)
                return null;
            good.Add(s);
        }
        return new JavaSpaces(collector, good);
    }
}
