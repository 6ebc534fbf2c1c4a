using System.Buffers.Binary;
using VmAtlas.Model;

namespace VmAtlas.Web.Frames;

/// <summary>Which regions and blocks a filter holds for: u32 number of regions, a bit for each, then a bit for each block.</summary>
/// <remarks>The expression is evaluated here and not in the page, so that there is one language with one reading of it; the answer
/// for 500,000 rows is 60 KB.</remarks>
static class MatchBits
{
    public static byte[] Of(Snapshot snapshot, FilterExpression filter) => Of(
        filter.Evaluate(new SnapshotRows(snapshot, RowLevel.Region)), filter.Evaluate(new SnapshotRows(snapshot, RowLevel.Block)));

    public static byte[] Of(bool[] regions, bool[] blocks)
    {
        var regionBytes = (regions.Length + 7) / 8;
        var bits = new byte[4 + regionBytes + (blocks.Length + 7) / 8];
        BinaryPrimitives.WriteInt32LittleEndian(bits, regions.Length);
        Set(bits.AsSpan(4, regionBytes), regions);
        Set(bits.AsSpan(4 + regionBytes), blocks);
        return bits;
    }

    static void Set(Span<byte> bits, bool[] values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i])
                bits[i >> 3] |= (byte)(1 << (i & 7));
        }
    }
}
