using VmAtlas.Formats.Frame;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Web.Frames;

/// <summary>Chunks of malloc in one range as a frame: a row a chunk, in order of address.</summary>
static class ChunksFrame
{
    /// <summary>Columns "address" of the block (what malloc returned), "chunk" (where its bytes begin), "size" with the header, "usable",
    /// "state" (a <see cref="ChunkState"/>), and the texts "stateName" and "class".</summary>
    /// <param name="most">Of more chunks, the largest.</param>
    /// <param name="classOf">The C++ class of a block in use, or null.</param>
    public static ColumnFrame Of(ChunkTable chunks, AddressRange range, int most, Func<Address, string?> classOf)
    {
        var rows = new ChunkQuery { Within = [range] }.Select(chunks);
        if (rows.Length > most)
        {
            rows = new ChunkQuery { Within = [range], Order = ChunkOrder.Size, Top = most }.Select(chunks);
            Array.Sort(rows);
        }
        var texts = new FrameTexts();
        return ColumnFrame.Of(rows.Length,
        [
            FrameColumn.Doubles("address", "address", i => chunks.BlockOf(rows[i]).Value),
            FrameColumn.Doubles("chunk", "address", i => chunks.AddressOf(rows[i]).Value),
            FrameColumn.Doubles("size", "B", i => chunks.SizeOf(rows[i])),
            FrameColumn.Doubles("usable", "B", i => chunks.UsableOf(rows[i])),
            FrameColumn.Bytes("state", "", i => (byte)chunks.StateOf(rows[i])),
            texts.Column("stateName", rows.Length, i => chunks.StateOf(rows[i]).Name()),
            texts.Column("class", rows.Length, i => chunks.StateOf(rows[i]).IsHeld() ? classOf(chunks.BlockOf(rows[i])) ?? "" : ""),
        ], texts.All);
    }
}
