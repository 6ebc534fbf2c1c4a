using VmAtlas.Model;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>The block table of a snapshot from its columns.</summary>
static class BlockReader
{
    /// <summary>Pages of more than this power of two are no pages (the largest of any machine are 16 GiB).</summary>
    const int MaxPageShift = 40;

    public static BlockTable Read(TableImage table, FileStrings strings, ulong[] vmFlagBits)
    {
        var blocks = new BlockTable(table.Rows);
        AddRanges(table, blocks);
        SetRegions(table, blocks);
        var (protections, facts, flags) = (Bytes(table, "protection"), Bytes(table, "facts"), table.Find("vmFlags"));
        var (offsets, inodes, devices) = (table.Find("offset"), table.Find("inode"), Numbers(table, "device", uint.MaxValue));
        var (shifts, keys) = (Numbers(table, "pageShift", MaxPageShift), Bytes(table, "protectionKey"));
        var (names, labels) = (table.Find("name"), table.Find("label"));
        var (rawFlags, mappedFlags) = (0UL, 0UL);
        for (var i = 0; i < blocks.Count; i++)
        {
            blocks.SetProtection(i, (Protection)(protections?[i] ?? 0));
            blocks.SetFacts(i, (BlockFlags)(facts?[i] ?? 0));
            if (flags is not null && flags[i] != rawFlags)
                (rawFlags, mappedFlags) = (flags[i], MapFlags(flags[i], vmFlagBits));
            blocks.SetFlags(i, mappedFlags);
            blocks.SetFile(i, (uint)(devices?[i] ?? 0), inodes?[i] ?? 0, offsets?[i] ?? 0);
            blocks.SetPages(i, (byte)(shifts?[i] ?? 12), (byte)(keys?[i] ?? 0));
            blocks.SetName(i, strings.Of(names?[i] ?? 0));
            blocks.SetLabel(i, strings.Of(labels?[i] ?? 0));
        }
        SetMeasures(table, blocks);
        return blocks;
    }

    static void AddRanges(TableImage table, BlockTable blocks)
    {
        var (gaps, sizes, end) = (table.Find("gap"), table.Find("size"), 0UL);
        for (var i = 0; i < table.Rows; i++)
        {
            var (gap, size) = (gaps?[i] ?? 0, sizes?[i] ?? 0);
            var start = unchecked(end + gap);
            if (start < end || size == 0 || size > ulong.MaxValue - start)
                throw new InvalidDataException($"block {i} is empty or ends beyond the address space");
            end = start + size;
            blocks.Add(start, end);
        }
    }

    static void SetRegions(TableImage table, BlockTable blocks)
    {
        var (back, begun) = (table.Find("regionBack"), 0);
        for (var i = 0; i < blocks.Count; i++)
        {
            var steps = back?[i] ?? 0;
            if (steps > (ulong)begun)
                throw new InvalidDataException($"block {i} belongs to a region before the first");
            blocks.SetRegion(i, begun - (int)steps);
            begun += steps == 0 ? 1 : 0;
        }
    }

    static void SetMeasures(TableImage table, BlockTable blocks)
    {
        for (var m = Measure.Committed; (int)m < Measures.Count; m++)
        {
            if (m == Measure.ShareableWs || table.Find(m.JsonName()) is not { } column)
                continue;
            blocks.MarkPresent(m);
            for (var i = 0; i < column.Values.Length; i++)
                blocks.Set(m, i, column.Values[i]);
        }
    }

    static ulong MapFlags(ulong flags, ulong[] bits)
    {
        var mapped = 0UL;
        for (var bit = 0; bit < 64; bit++)
            mapped |= (flags >> bit & 1) != 0 ? bits[bit] : 0;
        return mapped;
    }

    static ColumnImage? Bytes(TableImage table, string name) => Numbers(table, name, byte.MaxValue);

    static ColumnImage? Numbers(TableImage table, string name, ulong limit)
    {
        var column = table.Find(name);
        if (column is not null && column.Values.ContainsAnyExceptInRange(0UL, limit))
            throw new InvalidDataException($"column '{name}' has a value above {limit}");
        return column;
    }
}
