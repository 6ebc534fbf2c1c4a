namespace VmAtlas.Formats.Vmatlas;

/// <summary>A whole snapshot in the file: every table with its name, every column with its name and its values.</summary>
static class KeyFrame
{
    public static void Encode(FrameImage frame, ByteBuffer into)
    {
        var column = new ByteBuffer();
        into.VarInt(frame.Tables.Count);
        foreach (var table in frame.Tables)
        {
            into.Text(table.Name);
            into.VarInt(table.Rows);
            into.VarInt(table.Columns.Count);
            foreach (var c in table.Columns)
            {
                column.Clear();
                if (!c.IsZero)
                    ColumnCodec.Encode(c.Values, column);
                into.Text(c.Name);
                into.VarInt(column.Count);
                into.Bytes(column.Written);
            }
        }
    }

    public static FrameImage Decode(ReadOnlySpan<byte> bytes, ReaderLimits limits)
    {
        var from = new ByteCursor(bytes);
        var frame = new FrameImage();
        var tables = from.Count(limits.Tables, "tables");
        for (var t = 0; t < tables; t++)
        {
            var name = from.Text(limits.NameBytes);
            if (frame.Find(name) is not null)
                throw new InvalidDataException($"table '{name}' is there twice");
            var rows = from.Count(limits.Rows, $"rows of table '{name}'");
            DecodeTable(ref from, frame, frame.Reset(name, rows), limits);
        }
        return from.AtEnd ? frame : throw new InvalidDataException("bytes are left over after the last table");
    }

    static void DecodeTable(ref ByteCursor from, FrameImage frame, TableImage table, ReaderLimits limits)
    {
        var columns = from.Count(limits.Columns, $"columns of table '{table.Name}'");
        for (var i = 0; i < columns; i++)
        {
            var name = from.Text(limits.NameBytes);
            if (table.Find(name) is not null)
                throw new InvalidDataException($"column '{name}' of table '{table.Name}' is there twice");
            var content = new ByteCursor(from.Bytes(from.Count(from.Remaining, "bytes of a column")));
            // A value takes a byte at least: looked at before memory is taken for the rows.
            if (!content.AtEnd && content.Remaining <= table.Rows)
                throw new InvalidDataException($"column '{name}' of table '{table.Name}' is too short for {table.Rows} rows");
            var column = table.Next(name);
            if (content.AtEnd)
                continue;
            frame.EnsureRoom(table, table.Rows, oneMore: true, limits);
            ColumnCodec.Decode(ref content, column.Edit());
            if (!content.AtEnd)
                throw new InvalidDataException($"bytes are left over in column '{name}' of table '{table.Name}'");
        }
    }
}
