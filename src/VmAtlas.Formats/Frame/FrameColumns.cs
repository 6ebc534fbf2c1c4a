using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Formats.Frame;

/// <summary>The columns of a frame, in their order. A measure the snapshot does not know has none.</summary>
static class FrameColumns
{
    public static List<FrameColumn> Of(Snapshot snapshot, FrameRows rows, FrameStrings strings)
    {
        var numbers = new TextColumns(snapshot, rows, strings);
        List<FrameColumn> columns = [.. Tree(snapshot, rows), .. Facts(snapshot, rows), .. numbers.Columns];
        for (var m = 0; m < Measures.Count; m++)
        {
            if (snapshot.Has((Measure)m))
                columns.Add(OfMeasure(snapshot, rows, (Measure)m));
        }
        return columns;
    }

    static IEnumerable<FrameColumn> Tree(Snapshot snapshot, FrameRows rows)
    {
        yield return FrameColumn.Doubles("address", "address", r => Range(snapshot, rows[r]).Start.Value);
        yield return FrameColumn.Doubles("end", "address", r => Range(snapshot, rows[r]).End.Value);
        yield return FrameColumn.Signed("parent", "row", r => rows[r].Parent);
        yield return FrameColumn.Unsigned("children", "", r => (uint)rows[r].Children);
        yield return FrameColumn.Unsigned("index", "", r => Index(rows[r]));
        yield return FrameColumn.Unsigned("blocks", "", r => Mappings(snapshot, rows[r]));
        yield return FrameColumn.Bytes("level", "", r => rows[r].IsBlock ? (byte)1 : (byte)0);
        yield return FrameColumn.Bytes("type", "", r => (byte)Type(snapshot, rows[r]));
    }

    static IEnumerable<FrameColumn> Facts(Snapshot snapshot, FrameRows rows)
    {
        var blocks = snapshot.Blocks;
        yield return FrameColumn.Bytes("protection", "", r => Any(snapshot, rows[r], b => (byte)b.Protection));
        yield return FrameColumn.Bytes("facts", "", r => Any(snapshot, rows[r], b => (byte)b.Facts));
        yield return FrameColumn.Bytes("pageShift", "", r => rows[r].Block < 0 ? (byte)0 : blocks.PageShifts[rows[r].Block]) with { IsZero = IsZero(blocks.PageShifts) };
        yield return FrameColumn.Bytes("protectionKey", "", r => rows[r].Block < 0 ? (byte)0 : blocks.ProtectionKeys[rows[r].Block]) with { IsZero = IsZero(blocks.ProtectionKeys) };
        yield return FrameColumn.Unsigned("device", "", r => rows[r].Block < 0 ? 0 : blocks.Devices[rows[r].Block]) with { IsZero = IsZero(blocks.Devices) };
        yield return FrameColumn.Doubles("offset", "B", r => rows[r].Block < 0 ? 0 : blocks.Offsets[rows[r].Block]) with { IsZero = IsZero(blocks.Offsets) };
        yield return FrameColumn.Doubles("inode", "", r => rows[r].Block < 0 ? 0 : blocks.Inodes[rows[r].Block]) with { IsZero = IsZero(blocks.Inodes) };
    }

    static FrameColumn OfMeasure(Snapshot snapshot, FrameRows rows, Measure measure) => new(measure.JsonName(), "f64", "B", sizeof(double), bytes =>
    {
        var values = MemoryMarshal.Cast<byte, double>(bytes.Span);
        var ofBlocks = new ulong[snapshot.Blocks.Count];
        snapshot.Blocks.CopyTo(measure, ofBlocks);
        var all = rows.All;
        for (var r = 0; r < all.Length; r++)
        {
            ref readonly var row = ref all[r];
            if (row.Block >= 0)
                values[r] = ofBlocks[row.Block];
            else if (row.IsGap && measure == Measure.Size)
                values[r] = snapshot.Gaps.Range(row.Gap).Size.Bytes;
            // Sums of whole bytes are exact in a double up to 8 PiB; a region comes before its blocks.
            if (row.IsBlock)
                values[row.Parent] += values[r];
        }
    }) { IsZero = measure != Measure.Size && snapshot.Blocks.IsZero(measure) };

    static bool IsZero<T>(ReadOnlySpan<T> values) where T : unmanaged, IEquatable<T> => !values.ContainsAnyExcept(default(T));

    static AddressRange Range(Snapshot snapshot, FrameRow row)
    {
        if (row.IsGap)
            return snapshot.Gaps.Range(row.Gap);
        return row.Block >= 0 ? snapshot.Blocks.Range(row.Block)
            : new AddressRange(snapshot.RegionAt(row.Region).Start, snapshot.RegionAt(row.Region).End);
    }

    static MemoryType Type(Snapshot snapshot, FrameRow row) =>
        row.IsGap ? snapshot.Gaps.Type(row.Gap) : snapshot.Regions.Types[row.Region];

    static uint Index(FrameRow row) => (uint)(row.IsGap ? row.Gap : row.IsBlock ? row.Block : row.Region);

    static uint Mappings(Snapshot snapshot, FrameRow row) =>
        row.IsGap || row.IsBlock ? 0 : (uint)snapshot.RegionAt(row.Region).MappingCount;

    static byte Any(Snapshot snapshot, FrameRow row, Func<Block, byte> value)
    {
        if (row.IsGap)
            return 0;
        if (row.Block >= 0)
            return value(snapshot.BlockAt(row.Block));
        var any = 0;
        foreach (var block in snapshot.RegionAt(row.Region).Blocks)
            any |= value(block);
        return (byte)any;
    }
}
