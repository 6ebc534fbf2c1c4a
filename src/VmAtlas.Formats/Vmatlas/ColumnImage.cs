namespace VmAtlas.Formats.Vmatlas;

/// <summary>One column as numbers, whatever they mean. The array is kept and used again by the next snapshot.</summary>
sealed class ColumnImage(string name)
{
    ulong[] _values = [];
    int _rows;

    public string Name { get; } = name;

    /// <summary>Zero in every row: such a column takes neither memory nor a byte of the file.</summary>
    public bool IsZero { get; private set; } = true;

    /// <summary>One value a row; empty for a column that <see cref="IsZero"/>.</summary>
    public ReadOnlySpan<ulong> Values => IsZero ? default : _values.AsSpan(0, _rows);

    public ulong this[int row] => IsZero ? 0 : _values[row];

    /// <summary>Zeroes for so many rows.</summary>
    public void Reset(int rows)
    {
        _rows = rows;
        IsZero = true;
    }

    /// <summary>The values, to be changed in place; zeroes when there were none.</summary>
    public Span<ulong> Edit()
    {
        if (_values.Length < _rows)
            _values = new ulong[_rows];
        else if (IsZero)
            _values.AsSpan(0, _rows).Clear();
        IsZero = false;
        return _values.AsSpan(0, _rows);
    }

    /// <summary>Looks, after the values were written, whether any is not zero.</summary>
    public void Settle() => IsZero = !_values.AsSpan(0, _rows).ContainsAnyExcept(0UL);

    /// <summary>Follows the rows of its table: kept ones move, inserted ones are zero.</summary>
    public void MoveRows(IReadOnlyList<RowRun> runs, int rows)
    {
        if (!IsZero)
        {
            var moved = new ulong[rows];
            var (from, to) = (0, 0);
            foreach (var run in runs)
            {
                Array.Copy(_values, from, moved, to, run.Kept);
                from += run.Kept + run.Removed;
                to += run.Kept + run.Inserted;
            }
            Array.Copy(_values, from, moved, to, _rows - from);
            _values = moved;
        }
        _rows = rows;
    }
}
