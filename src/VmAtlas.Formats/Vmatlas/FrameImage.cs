namespace VmAtlas.Formats.Vmatlas;

/// <summary>One whole snapshot as tables of numbers: what a key frame stores and a delta frame changes. Texts are numbers of the file's strings.</summary>
sealed class FrameImage
{
    public List<TableImage> Tables { get; } = [];

    public TableImage? Find(string table) => Tables.Find(t => t.Name == table);

    /// <summary>The table of that name, made when it is not there yet, emptied for so many rows.</summary>
    public TableImage Reset(string table, int rows)
    {
        var found = Find(table);
        if (found is null)
            Tables.Add(found = new TableImage(table));
        found.Reset(rows);
        return found;
    }

    /// <summary>Asked before a table gets more rows or a zero column gets values: few bytes of a file may ask for much memory.</summary>
    public void EnsureRoom(TableImage table, int rows, bool oneMore, ReaderLimits limits)
    {
        var values = 0L;
        foreach (var each in Tables)
            values += (long)(each == table ? rows : each.Rows) * (each.Columns.Count(c => !c.IsZero) + (each == table && oneMore ? 1 : 0));
        if (values > limits.Values)
            throw new InvalidDataException($"a snapshot of more than {limits.Values} values");
    }

    /// <summary>Whether a delta can lead from the other to this.</summary>
    public bool HasTablesOf(FrameImage other)
    {
        if (Tables.Count != other.Tables.Count)
            return false;
        for (var i = 0; i < Tables.Count; i++)
        {
            if (Tables[i].Name != other.Tables[i].Name || !Tables[i].HasColumnsOf(other.Tables[i]))
                return false;
        }
        return true;
    }
}
