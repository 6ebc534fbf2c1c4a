namespace VmAtlas.Symbols.Dwarf;

/// <summary>Which line of which file the code at an address comes from: the rows of a unit's line program, by address.</summary>
sealed class LineTable
{
    /// <summary>A table of a unit without lines.</summary>
    public static readonly LineTable Empty = new(LineFiles.None, [], []);

    readonly LineRow[] _rows;

    /// <summary>Runs of rows that are ascending and without a gap, by their first address.</summary>
    readonly LineSequence[] _sequences;

    public LineTable(LineFiles files, LineRow[] rows, LineSequence[] sequences)
    {
        (Files, _rows, _sequences) = (files, rows, sequences);
        Array.Sort(_sequences);
    }

    public LineFiles Files { get; }

    /// <summary>Bytes in memory, about.</summary>
    public long Size => _rows.Length * 16L;

    /// <summary>The file's number and the line; line 0 when the compiler says that the code comes from no line.</summary>
    public bool TryFind(ulong address, out int file, out int line)
    {
        (file, line) = (0, 0);
        // Sequences do not overlap in sound tables, so the last that begins before the address is the only one.
        var i = LastAtOrBelow(address);
        if (i < 0 || address >= _sequences[i].End)
            return false;
        var sequence = _sequences[i];
        var row = RowAt(sequence, address);
        (file, line) = (_rows[row].File, _rows[row].Line);
        return true;
    }

    /// <summary>The last row at or below an address of the sequence: of rows with one address the last counts.</summary>
    int RowAt(LineSequence sequence, ulong address)
    {
        var (low, high) = (sequence.First + 1, sequence.First + sequence.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_rows[middle].Address <= address)
                low = middle + 1;
            else
                high = middle;
        }
        return low - 1;
    }

    int LastAtOrBelow(ulong address)
    {
        var (low, high) = (0, _sequences.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_sequences[middle].Start <= address)
                low = middle + 1;
            else
                high = middle;
        }
        return low - 1;
    }
}

/// <summary>From an address to the next row's the code is of a line of a file.</summary>
readonly record struct LineRow(ulong Address, int File, int Line);

/// <summary>Rows [First, First + Count) cover the code [Start, End).</summary>
readonly record struct LineSequence(ulong Start, ulong End, int First, int Count) : IComparable<LineSequence>
{
    public int CompareTo(LineSequence other) => Start != other.Start ? Start.CompareTo(other.Start) : End.CompareTo(other.End);
}
