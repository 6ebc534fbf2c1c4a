namespace VmAtlas.Model;

/// <summary>How a column's values are written, compared and drawn.</summary>
public enum ColumnKind : byte
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary>One of a fixed list of words.</summary>
    Word,

    /// <summary>Several two-letter codes, letters or words at once.</summary>
    Set,

    /// <summary>An amount of memory.</summary>
    Bytes,

    /// <summary>A plain number.</summary>
    Number,

    /// <summary>An address, or an offset written like one: hexadecimal.</summary>
    Address,

    /// <summary>A device: major and minor in hexadecimal, as <c>/proc/PID/maps</c> has them ("fe:01").</summary>
    Device,
}

/// <summary>One column that rows have: what tables show, files name, filters compare and sorting orders.
/// <see cref="Columns"/> has all.</summary>
public abstract class Column(string key, string title, ColumnKind kind)
{
    /// <summary>The name in json, files and filters: "privateWs".</summary>
    public string Key => key;

    /// <summary>The name at the head of a table: "Private WS".</summary>
    public string Title => title;

    public ColumnKind Kind => kind;

    /// <summary>What it means, in a sentence.</summary>
    public string Doc => Glossary.Column(key).Short;

    /// <summary>Other names a filter takes.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Only a block has a value of its own: a region shows that of its first block, and a filter finds a region when one
    /// of its blocks fits.</summary>
    public bool OfBlocks { get; init; }

    public bool IsNumeric => Kind >= ColumnKind.Bytes;

    /// <summary>Whether the snapshot can tell; a column that is absent is left out, never shown as zero.</summary>
    public virtual bool IsKnown(Snapshot snapshot) => true;

    /// <summary>The value as files and json write it: bytes as a plain number, addresses as 16 hexadecimal digits.</summary>
    public abstract string Text(SnapshotRows rows, int row);

    /// <summary>A number for each row that orders the rows as their values do.</summary>
    public abstract ulong[] SortKeys(SnapshotRows rows);

    /// <summary>Whether a word of a filter or an option means this column; case, spaces, dashes and underscores do not matter.</summary>
    internal bool Answers(ReadOnlySpan<char> name)
    {
        if (Names.Same(name, Key) || Names.Same(name, Title))
            return true;
        foreach (var alias in Aliases)
        {
            if (Names.Same(name, alias))
                return true;
        }
        return false;
    }
}
