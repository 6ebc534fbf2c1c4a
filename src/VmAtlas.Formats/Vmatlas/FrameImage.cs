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
