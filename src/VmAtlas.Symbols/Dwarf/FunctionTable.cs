namespace VmAtlas.Symbols.Dwarf;

/// <summary>A function that has code, or one that was inlined into another.</summary>
/// <param name="Entry">Offset of its entry from the start of the unit.</param>
/// <param name="Parent">The function of the same table that it lies in, -1 when none.</param>
/// <param name="IsInlined">Then <paramref name="CallFile"/> and <paramref name="CallLine"/> are where its parent calls it.</param>
readonly record struct Function(int Entry, int Parent, bool IsInlined, int CallFile, int CallLine);

/// <summary>Which function of some entries of a unit an address is in, the innermost one.</summary>
sealed class FunctionTable
{
    readonly Function[] _functions;
    readonly ulong[] _starts;

    /// <summary>The innermost function from a start to the next; -1 for a gap.</summary>
    readonly int[] _innermost;

    /// <param name="pieces">Disjoint, ascending: where each begins and its innermost function.</param>
    public FunctionTable(ReadOnlySpan<Function> functions, ReadOnlySpan<(ulong Start, int Function)> pieces)
    {
        _functions = functions.ToArray();
        _starts = new ulong[pieces.Length];
        _innermost = new int[pieces.Length];
        for (var i = 0; i < pieces.Length; i++)
            (_starts[i], _innermost[i]) = pieces[i];
    }

    /// <summary>Bytes in memory, about.</summary>
    public long Size => _functions.Length * 20L + _starts.Length * 12L;

    public Function this[int index] => _functions[index];

    /// <summary>-1 when the address is in no function.</summary>
    public int InnermostAt(ulong address)
    {
        var i = Array.BinarySearch(_starts, address);
        if (i < 0)
            i = ~i - 1;
        return i < 0 ? -1 : _innermost[i];
    }
}

/// <summary>One range of a function's code.</summary>
/// <param name="Depth">How many functions it lies in.</param>
readonly record struct FunctionRange(ulong Start, ulong End, int Depth, int Function) : IComparable<FunctionRange>
{
    /// <summary>By start, outer ones first.</summary>
    public int CompareTo(FunctionRange other) =>
        Start != other.Start ? Start.CompareTo(other.Start) : Depth != other.Depth ? Depth - other.Depth : Function - other.Function;
}
