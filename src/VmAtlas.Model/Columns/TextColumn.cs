namespace VmAtlas.Model;

/// <summary>A column of texts. A row has a number, and equal numbers have equal texts, so that work on the text is done once for
/// each text and not for each row.</summary>
/// <param name="text">The text of a number.</param>
public sealed class TextColumn(
    string key, string title, ColumnKind kind,
    Func<SnapshotRows, int, int> code, Func<Snapshot, int, string> text, Func<Snapshot, int> codes) : Column(key, title, kind)
{
    /// <summary>The words there are, where the column is one of a fixed list.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>The row's number, less than <see cref="Codes"/>.</summary>
    public int Code(SnapshotRows rows, int row) => code(rows, row);

    /// <summary>How many numbers there can be in a snapshot.</summary>
    public int Codes(Snapshot snapshot) => codes(snapshot);

    public string TextOf(Snapshot snapshot, int code) => text(snapshot, code);

    public override string Text(SnapshotRows rows, int row) => text(rows.Snapshot, code(rows, row));

    /// <summary>Words sort in the order of their list, texts by ordinal.</summary>
    public override ulong[] SortKeys(SnapshotRows rows)
    {
        var keys = new ulong[rows.Count];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = (ulong)code(rows, i);
        if (Kind != ColumnKind.Word)
            Rank(rows.Snapshot, keys);
        return keys;
    }

    /// <summary>Replaces numbers by the rank of their texts among those that occur.</summary>
    void Rank(Snapshot snapshot, ulong[] keys)
    {
        var ranks = new ulong[codes(snapshot)];
        foreach (var k in keys)
            ranks[k] = 1;
        var used = new List<int>();
        for (var c = 0; c < ranks.Length; c++)
        {
            if (ranks[c] != 0)
                used.Add(c);
        }
        used.Sort((a, b) => string.CompareOrdinal(text(snapshot, a), text(snapshot, b)));
        for (var r = 0; r < used.Count; r++)
            ranks[used[r]] = (ulong)r;
        for (var i = 0; i < keys.Length; i++)
            keys[i] = ranks[keys[i]];
    }

    /// <summary>A column whose numbers are indexes into the snapshot's strings.</summary>
    public static TextColumn OfStrings(
        string key, string title, Func<SnapshotRows, int, int> index, bool ofBlocks = false, params string[] aliases) =>
        new(key, title, ColumnKind.Text, index, (s, code) => s.Strings[code], s => s.Strings.Count)
        {
            OfBlocks = ofBlocks, Aliases = aliases,
        };
}
