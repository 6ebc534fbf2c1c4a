using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Symbols.Dwarf;

/// <summary>A function that has code, or one that was inlined into another.</summary>
/// <param name="Entry">Offset of its entry from the start of the unit.</param>
/// <param name="Parent">The function of the same table that it lies in, -1 when none.</param>
/// <param name="IsInlined">Then <paramref name="CallFile"/> and <paramref name="CallLine"/> are where its parent calls it.</param>
readonly record struct Function(int Entry, int Parent, bool IsInlined, int CallFile, int CallLine);

/// <summary>Which function of some entries of a unit an address is in, the innermost one.</summary>
sealed class FunctionTable
{
    readonly List<Function> _functions;
    readonly List<ulong> _starts = [];

    /// <summary>The innermost function from a start to the next; -1 for a gap.</summary>
    readonly List<int> _innermost = [];

    FunctionTable(FunctionWalk walk)
    {
        _functions = walk.Functions;
        Flatten(walk.Ranges);
    }

    /// <summary>The functions that lie in no other; what was inlined into them is passed over.</summary>
    public static FunctionTable Outermost(Unit unit)
    {
        var walk = new FunctionWalk(unit, nested: false);
        walk.Run(unit.HeaderSize);
        return new FunctionTable(walk);
    }

    /// <summary>One function with all that lies in it.</summary>
    public static FunctionTable Of(Unit unit, int entry)
    {
        var walk = new FunctionWalk(unit, nested: true);
        walk.Run(entry);
        return new FunctionTable(walk);
    }

    /// <summary>All functions of a unit, also those that lie in others and have code of their own.</summary>
    public static FunctionTable All(Unit unit) => Of(unit, unit.HeaderSize);

    /// <summary>Bytes in memory, about.</summary>
    public long Size => _functions.Count * 20L + _starts.Count * 12L;

    public Function this[int index] => _functions[index];

    /// <summary>-1 when the address is in no function.</summary>
    public int InnermostAt(ulong address)
    {
        var i = _starts.BinarySearch(address);
        if (i < 0)
            i = ~i - 1;
        return i < 0 ? -1 : _innermost[i];
    }

    /// <summary>Cuts nested ranges into pieces that each belong to the innermost. Ranges that overlap without nesting end where the later one begins.</summary>
    void Flatten(List<FunctionRange> ranges)
    {
        FunctionRange.Sort(ranges);
        var open = new Stack<FunctionRange>();
        foreach (var range in ranges)
        {
            Close(open, range.Start);
            Begin(range.Start, range.Function);
            open.Push(range);
        }
        Close(open, ulong.MaxValue);
    }

    void Close(Stack<FunctionRange> open, ulong upTo)
    {
        var ended = 0UL;
        while (open.TryPeek(out var top) && top.End <= upTo)
        {
            ended = Math.Max(ended, open.Pop().End);
            if (!open.TryPeek(out var outer))
                Begin(ended, -1);
            else if (outer.End > ended)
                Begin(ended, outer.Function);
        }
    }

    void Begin(ulong start, int function)
    {
        if (_starts.Count > 0 && _starts[^1] == start)
        {
            _innermost[^1] = function;
            return;
        }
        _starts.Add(start);
        _innermost.Add(function);
    }
}

/// <summary>One range of a function's code.</summary>
/// <param name="Depth">How many functions it lies in.</param>
readonly record struct FunctionRange(ulong Start, ulong End, int Depth, int Function) : IComparable<FunctionRange>
{
    /// <summary>By start, outer ones first.</summary>
    public int CompareTo(FunctionRange other) =>
        Start != other.Start ? Start.CompareTo(other.Start) : Depth != other.Depth ? Depth - other.Depth : Function - other.Function;

    /// <summary>Sorts by the bare starts, which is faster than by comparing, and then those few that begin together.</summary>
    public static void Sort(List<FunctionRange> ranges)
    {
        var span = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(ranges);
        var keys = new ulong[span.Length];
        for (var i = 0; i < span.Length; i++)
            keys[i] = span[i].Start;
        keys.AsSpan().Sort(span);
        for (var (i, end) = (0, 0); i < keys.Length; i = end)
        {
            for (end = i + 1; end < keys.Length && keys[end] == keys[i]; end++)
            {
            }
            if (end - i > 1)
                span[i..end].Sort();
        }
    }
}
