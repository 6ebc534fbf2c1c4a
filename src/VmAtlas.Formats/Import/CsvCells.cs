using System.Text;

namespace VmAtlas.Formats.Import;

/// <summary>Reads csv line by line into cells; lines may end in LF, CR LF or, as VMMap writes, CR CR LF. Bounded, because files come from strangers.</summary>
sealed class CsvCells(TextReader input, ReaderLimits limits)
{
    readonly StringBuilder _cell = new();
    int _length;

    public List<string> Cells { get; } = [];

    /// <summary>Number of the line just read, from 1.</summary>
    public int Line { get; private set; }

    /// <summary>The next line's cells, none for an empty line; false at the end. A comma at the end of a line adds an empty cell.</summary>
    public bool Read()
    {
        Cells.Clear();
        _cell.Clear();
        _length = 0;
        if (input.Peek() < 0)
            return false;
        if (++Line > limits.Rows)
            throw new InvalidDataException($"it has more than {limits.Rows} lines");
        var (quoted, any) = (false, false);
        for (var c = Next(); c >= 0 && (quoted || c != '\n'); c = Next())
        {
            if (c == '"' && quoted && input.Peek() == '"')
                _cell.Append((char)Next());
            else if (c == '"')
                (quoted, any) = (!quoted, true);
            else if (c == ',' && !quoted)
                (any, _) = (true, EndCell());
            else if (c != '\r' || quoted)
                (any, _) = (true, _cell.Append((char)c));
        }
        if (quoted)
            throw new InvalidDataException($"line {Line}: a quoted cell does not end");
        if (any)
            EndCell();
        return true;
    }

    bool EndCell()
    {
        Cells.Add(_cell.ToString());
        _cell.Clear();
        return Cells.Count <= limits.Columns
            ? true
            : throw new InvalidDataException($"line {Line} has more than {limits.Columns} cells");
    }

    int Next()
    {
        if (++_length > limits.TextBytes)
            throw new InvalidDataException($"line {Line} is longer than {limits.TextBytes} characters");
        return input.Read();
    }
}
