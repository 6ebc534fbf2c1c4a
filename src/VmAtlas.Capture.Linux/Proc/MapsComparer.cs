using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Proc;

/// <summary>Compares the text of <c>/proc/PID/maps</c> with rows read before, line by line: no copy of the text is kept.</summary>
sealed class MapsComparer : ITextSink
{
    BlockTable _rows = new();
    StringTable _strings = new();
    int _next;

    /// <summary>Whether every row was met, as it was, and nothing else.</summary>
    public bool IsSame => _next == _rows.Count;

    public void Begin(BlockTable rows, StringTable strings) => (_rows, _strings, _next) = (rows, strings, 0);

    public int Take(ReadOnlySpan<byte> text)
    {
        var at = 0;
        while (text[at..].IndexOf((byte)'\n') is >= 0 and var length)
        {
            if (_next >= 0)
                _next = IsAsBefore(text.Slice(at, length)) ? _next + 1 : -1;
            at += length + 1;
        }
        return at;
    }

    bool IsAsBefore(ReadOnlySpan<byte> line)
    {
        var row = _next;
        return row < _rows.Count && MapsLine.TryParse(line, out var mapping, out var name)
            && mapping.Start == _rows.Starts[row] && mapping.End == _rows.Ends[row] && mapping.Protection == _rows.Protections[row]
            && mapping.Inode == _rows.Inodes[row] && mapping.Offset == _rows.Offsets[row] && mapping.Device == _rows.Devices[row]
            && HasName(name, row);
    }

    /// <summary>" (deleted)" was taken off the names of rows that are marked so.</summary>
    bool HasName(ReadOnlySpan<byte> name, int row)
    {
        if ((_rows.Facts[row] & BlockFlags.Deleted) != 0 && name.EndsWith(" (deleted)"u8))
            name = name[..^" (deleted)".Length];
        return _strings.Utf8(_rows.Names[row]).SequenceEqual(name);
    }
}
