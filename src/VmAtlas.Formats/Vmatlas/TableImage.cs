namespace VmAtlas.Formats.Vmatlas;

/// <summary>One table of a snapshot as the file has it: named columns of numbers, all with the same number of rows.</summary>
/// <remarks>Filled again and again by the writer: <see cref="Reset"/>, <see cref="Next"/> for each column in a fixed order, <see cref="End"/>.</remarks>
sealed class TableImage(string name)
{
    int _used;

    public string Name { get; } = name;

    public int Rows { get; private set; }

    /// <summary>In the order written. A column that is not here is absent, which is not the same as zero.</summary>
    public List<ColumnImage> Columns { get; } = [];

    /// <summary>What tells rows apart when two snapshots are compared (a start address). Only the writer has it; it is not stored.</summary>
    public ulong[] Keys { get; private set; } = [];

    public void Reset(int rows)
    {
        Rows = rows;
        _used = 0;
        if (Keys.Length < rows)
            Keys = new ulong[rows];
    }

    /// <summary>The next column, all zero, to be filled and then settled. Arrays of an earlier filling are used again.</summary>
    public ColumnImage Next(string column)
    {
        var at = Columns.FindIndex(_used, c => c.Name == column);
        if (at < 0)
            Columns.Insert(_used, new ColumnImage(column));
        else
            Columns.RemoveRange(_used, at - _used);
        var next = Columns[_used++];
        next.Reset(Rows);
        return next;
    }

    /// <summary>Ends a filling: a column that was not asked for again is absent now.</summary>
    public void End() => Columns.RemoveRange(_used, Columns.Count - _used);

    public void MoveRows(IReadOnlyList<RowRun> runs, int rows)
    {
        foreach (var column in Columns)
            column.MoveRows(runs, rows);
        Rows = rows;
    }

    public ColumnImage? Find(string column) => Columns.Find(c => c.Name == column);

    /// <summary>Whether a delta can lead from the other to this: the same columns in the same order.</summary>
    public bool HasColumnsOf(TableImage other)
    {
        if (Columns.Count != other.Columns.Count)
            return false;
        for (var i = 0; i < Columns.Count; i++)
        {
            if (Columns[i].Name != other.Columns[i].Name)
                return false;
        }
        return true;
    }
}
