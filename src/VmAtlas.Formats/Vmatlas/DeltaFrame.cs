using System.Runtime.InteropServices;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>What changed since the snapshot before: rows of tables, and single values of the rows that stayed. Nothing else is stored.</summary>
/// <remarks>Tables and columns are called by their numbers in the key frame, whose names stay the same until the next one.</remarks>
static class DeltaFrame
{
    /// <summary>Only for frames with the same tables and columns: <see cref="FrameImage.HasTablesOf"/>.</summary>
    public static void Encode(FrameImage old, FrameImage now, ByteBuffer into)
    {
        var (tables, table, runs) = (new ByteBuffer(), new ByteBuffer(), new List<RowRun>());
        var changed = 0;
        for (var t = 0; t < now.Tables.Count; t++)
        {
            table.Clear();
            RowRuns.Compare(old.Tables[t].Keys.AsSpan(0, old.Tables[t].Rows), now.Tables[t].Keys.AsSpan(0, now.Tables[t].Rows), runs);
            if (!EncodeTable(old.Tables[t], now.Tables[t], runs, table))
                continue;
            changed++;
            tables.VarInt(t);
            tables.Bytes(table.Written);
        }
        into.VarInt(changed);
        into.Bytes(tables.Written);
    }

    /// <summary>Changes the frame in place.</summary>
    public static void Apply(FrameImage frame, ReadOnlySpan<byte> bytes, ReaderLimits limits)
    {
        var from = new ByteCursor(bytes);
        var tables = from.Count(frame.Tables.Count, "changed tables");
        for (var i = 0; i < tables; i++)
        {
            var table = frame.Tables[from.Count(frame.Tables.Count - 1, "as a table's number")];
            var (runs, rows) = DecodeRuns(ref from, table, limits);
            frame.EnsureRoom(table, rows, oneMore: false, limits);
            if (runs.Count > 0)
                table.MoveRows(runs, rows);
            var columns = from.Count(table.Columns.Count, "changed columns");
            for (var c = 0; c < columns; c++)
            {
                var column = table.Columns[from.Count(table.Columns.Count - 1, "as a column's number")];
                frame.EnsureRoom(table, rows, column.IsZero, limits);
                ApplyColumn(ref from, column, runs);
            }
        }
        if (!from.AtEnd)
            throw new InvalidDataException("bytes are left over after the last table");
    }

    static bool EncodeTable(TableImage old, TableImage now, List<RowRun> runs, ByteBuffer into)
    {
        into.VarInt(runs.Count);
        foreach (var run in runs)
        {
            into.VarInt(run.Kept);
            into.VarInt(run.Removed);
            into.VarInt(run.Inserted);
        }
        var (columns, column, changed) = (new ByteBuffer(), new ByteBuffer(), 0);
        for (var c = 0; c < now.Columns.Count; c++)
        {
            column.Clear();
            if (!EncodeColumn(old.Columns[c], now.Columns[c], runs, now.Rows, column))
                continue;
            changed++;
            columns.VarInt(c);
            columns.Bytes(column.Written);
        }
        into.VarInt(changed);
        into.Bytes(columns.Written);
        return runs.Count > 0 || changed > 0;
    }

    static bool EncodeColumn(ColumnImage old, ColumnImage now, List<RowRun> runs, int rows, ByteBuffer into)
    {
        if (old.IsZero && now.IsZero)
            return false;
        var values = now.IsZero ? new ulong[rows] : now.Values;
        var inserted = new List<ulong>();
        var before = runs.Count == 0 && !old.IsZero ? old.Values : Move(old, values, runs, inserted);
        if (!inserted.Exists(v => v != 0) && values.SequenceEqual(before))
            return false;
        if (runs.Count > 0)
            ColumnCodec.Encode(CollectionsMarshal.AsSpan(inserted), into);
        ColumnCodec.EncodeChanges(before, values, into);
        return true;
    }

    /// <summary>The old column in the order of the new rows, inserted ones as they are now: what still differs are the changes of rows that stayed.</summary>
    static ulong[] Move(ColumnImage old, ReadOnlySpan<ulong> now, List<RowRun> runs, List<ulong> inserted)
    {
        var moved = new ulong[now.Length];
        var (from, to) = (0, 0);
        foreach (var run in runs)
        {
            CopyOld(from, to, run.Kept);
            from += run.Kept + run.Removed;
            to += run.Kept;
            now.Slice(to, run.Inserted).CopyTo(moved.AsSpan(to));
            inserted.AddRange(now.Slice(to, run.Inserted));
            to += run.Inserted;
        }
        CopyOld(from, to, now.Length - to);
        return moved;

        void CopyOld(int at, int target, int count)
        {
            if (!old.IsZero)
                old.Values.Slice(at, count).CopyTo(moved.AsSpan(target));
        }
    }

    static (List<RowRun> Runs, int Rows) DecodeRuns(ref ByteCursor from, TableImage table, ReaderLimits limits)
    {
        var count = from.Count(from.Remaining / 3, "runs of rows");
        var runs = new List<RowRun>(count);
        var (left, rows) = (table.Rows, 0);
        for (var i = 0; i < count; i++)
        {
            var kept = from.Count(left, "rows kept");
            var removed = from.Count(left - kept, "rows removed");
            left -= kept + removed;
            rows += kept;
            var inserted = from.Count(limits.Rows - rows, $"rows inserted into table '{table.Name}'");
            rows += inserted;
            runs.Add(new RowRun(kept, removed, inserted));
        }
        if (rows > limits.Rows - left)
            throw new InvalidDataException($"table '{table.Name}' grows beyond {limits.Rows} rows");
        return (runs, rows + left);
    }

    static void ApplyColumn(ref ByteCursor from, ColumnImage column, List<RowRun> runs)
    {
        var values = column.Edit();
        if (runs.Count > 0)
        {
            var inserted = new ulong[runs.Sum(run => run.Inserted)];
            ColumnCodec.Decode(ref from, inserted);
            var (read, to) = (0, 0);
            foreach (var run in runs)
            {
                inserted.AsSpan(read, run.Inserted).CopyTo(values[(to + run.Kept)..]);
                read += run.Inserted;
                to += run.Kept + run.Inserted;
            }
        }
        ColumnCodec.ApplyChanges(ref from, values);
        column.Settle();
    }
}
