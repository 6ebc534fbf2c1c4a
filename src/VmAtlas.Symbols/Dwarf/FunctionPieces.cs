using System.Runtime.InteropServices;

namespace VmAtlas.Symbols.Dwarf;

/// <summary>Cuts nested ranges into pieces that each belong to the innermost function. Ranges that overlap without nesting end where the later one begins.</summary>
sealed class FunctionPieces
{
    readonly List<(ulong Start, int Function)> _pieces = [];
    readonly Stack<FunctionRange> _open = [];
    ulong[] _keys = new ulong[256];

    /// <summary>The pieces, until the next call; the ranges are sorted on the way.</summary>
    public ReadOnlySpan<(ulong Start, int Function)> Of(List<FunctionRange> ranges)
    {
        Sort(CollectionsMarshal.AsSpan(ranges));
        _pieces.Clear();
        foreach (var range in ranges)
        {
            Close(range.Start);
            Begin(range.Start, range.Function);
            _open.Push(range);
        }
        Close(ulong.MaxValue);
        return CollectionsMarshal.AsSpan(_pieces);
    }

    void Close(ulong upTo)
    {
        var ended = 0UL;
        while (_open.TryPeek(out var top) && top.End <= upTo)
        {
            ended = Math.Max(ended, _open.Pop().End);
            if (!_open.TryPeek(out var outer))
                Begin(ended, -1);
            else if (outer.End > ended)
                Begin(ended, outer.Function);
        }
    }

    void Begin(ulong start, int function)
    {
        if (_pieces.Count > 0 && _pieces[^1].Start == start)
            _pieces[^1] = (start, function);
        else
            _pieces.Add((start, function));
    }

    /// <summary>By the bare starts, which is faster than by comparing, and then those few that begin together.</summary>
    void Sort(Span<FunctionRange> ranges)
    {
        if (_keys.Length < ranges.Length)
            _keys = new ulong[ranges.Length * 2];
        var keys = _keys.AsSpan(0, ranges.Length);
        for (var i = 0; i < ranges.Length; i++)
            keys[i] = ranges[i].Start;
        keys.Sort(ranges);
        for (var (i, end) = (0, 0); i < keys.Length; i = end)
        {
            for (end = i + 1; end < keys.Length && keys[end] == keys[i]; end++)
            {
            }
            if (end - i > 1)
                ranges[i..end].Sort();
        }
    }
}
