namespace VmAtlas.Symbols.Dwarf;

/// <summary>The functions of a unit that have code, and those that were inlined into them.</summary>
/// <param name="Entry">Offset of its entry from the start of the unit.</param>
/// <param name="Parent">The function it lies in, -1 when none.</param>
/// <param name="IsInlined">Then <paramref name="CallFile"/> and <paramref name="CallLine"/> are where its parent calls it.</param>
readonly record struct Function(int Entry, int Parent, bool IsInlined, int CallFile, int CallLine);

/// <summary>Which function of a unit an address is in, the innermost one.</summary>
sealed class FunctionTable
{
    readonly Function[] _functions;
    readonly ulong[] _starts;

    /// <summary>The innermost function from a start to the next; -1 for a gap.</summary>
    readonly int[] _innermost;

    FunctionTable(Function[] functions, List<(ulong Start, int Function)> pieces)
    {
        _functions = functions;
        _starts = [.. pieces.Select(p => p.Start)];
        _innermost = [.. pieces.Select(p => p.Function)];
    }

    /// <summary>Bytes in memory, about.</summary>
    public long Size => _functions.Length * 20L + _starts.Length * 12L;

    public ref readonly Function this[int index] => ref _functions[index];

    /// <summary>-1 when the address is in no function.</summary>
    public int InnermostAt(ulong address)
    {
        var i = Array.BinarySearch(_starts, address);
        return i < 0 ? i == -1 ? -1 : _innermost[~i - 1] : _innermost[i];
    }

    public static FunctionTable Read(Unit unit)
    {
        var walk = new FunctionWalk(unit);
        walk.Run();
        return new FunctionTable([.. walk.Functions], Flatten(walk.Ranges));
    }

    /// <summary>Cuts nested ranges into pieces that each belong to the innermost. Ranges that overlap without nesting end where the later one begins.</summary>
    static List<(ulong Start, int Function)> Flatten(List<FunctionRange> ranges)
    {
        ranges.Sort();
        var pieces = new List<(ulong Start, int Function)>(ranges.Count * 2);
        var open = new Stack<FunctionRange>();
        foreach (var range in ranges)
        {
            Close(range.Start);
            Begin(range.Start, range.Function);
            open.Push(range);
        }
        Close(ulong.MaxValue);
        return pieces;

        void Close(ulong upTo)
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
            if (pieces.Count > 0 && pieces[^1].Start == start)
                pieces[^1] = (start, function);
            else
                pieces.Add((start, function));
        }
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
