namespace VmAtlas.Symbols.Dwarf;

/// <summary>Which line of which file the code at an address comes from: the rows of a unit's line program, by address.</summary>
sealed class LineTable
{
    /// <summary>A table of a unit without lines.</summary>
    public static readonly LineTable Empty = new(LineFiles.None, [], [], [], []);

    readonly ulong[] _addresses;
    readonly int[] _files;
    readonly int[] _lines;

    /// <summary>Runs of rows that are ascending and without a gap, by their first address.</summary>
    readonly LineSequence[] _sequences;

    public LineTable(LineFiles files, ulong[] addresses, int[] fileNumbers, int[] lines, LineSequence[] sequences)
    {
        (Files, _addresses, _files, _lines, _sequences) = (files, addresses, fileNumbers, lines, sequences);
        Array.Sort(_sequences);
    }

    public LineFiles Files { get; }

    /// <summary>Bytes in memory, about.</summary>
    public long Size => _addresses.Length * 16L;

    /// <summary>The file's number and the line; line 0 when the compiler says that the code comes from no line.</summary>
    public bool TryFind(ulong address, out int file, out int line)
    {
        (file, line) = (0, 0);
        // Sequences do not overlap in sound tables, so the last that begins before the address is the only one.
        var i = LastAtOrBelow(address);
        if (i < 0 || address >= _sequences[i].End)
            return false;
        var sequence = _sequences[i];
        var row = Array.BinarySearch(_addresses, sequence.First, sequence.Count, address);
        if (row < 0)
            row = ~row - 1;
        // Of rows with one address the last counts.
        while (row + 1 < sequence.First + sequence.Count && _addresses[row + 1] == _addresses[row])
            row++;
        if (row < sequence.First)
            return false;
        (file, line) = (_files[row], _lines[row]);
        return true;
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

/// <summary>Rows [First, First + Count) cover the code [Start, End).</summary>
readonly record struct LineSequence(ulong Start, ulong End, int First, int Count) : IComparable<LineSequence>
{
    public int CompareTo(LineSequence other) => Start != other.Start ? Start.CompareTo(other.Start) : End.CompareTo(other.End);
}
