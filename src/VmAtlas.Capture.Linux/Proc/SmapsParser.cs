using System.Buffers.Text;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Proc;

/// <summary>Turns the text of <c>/proc/PID/smaps</c> into rows. Fed with the text in any portions; allocates nothing for what it has met before.</summary>
/// <remarks>
/// Fields come and go with kernels, so they are found by key, or by a place learnt from this very text (<see cref="SmapsTemplate"/>).
/// Addresses may go backwards in a process that maps and unmaps while it is read (measured: 1 to 3 % of passes): such a row is
/// clipped to the end of the row before and marked, or dropped when nothing is left.
/// </remarks>
sealed class SmapsParser(BlockTable mappings, StringTable strings) : ITextSink
{
    readonly SmapsTemplate _template = new();
    readonly VmFlagsText _flagTexts = new();
    readonly List<int> _mixed = [];
    readonly SmapsValues _values = new();
    ulong _flags;
    uint _seen;
    int _row = -1;
    int _before; // where in this portion of text the numbers in _values stand, if they are all of a mapping
    bool _repeats;
    int _name;

    public BlockTable Mappings => mappings;

    public StringTable Strings => strings;

    /// <summary>Rows that were clipped or dropped because their addresses lay below the end of the row before.</summary>
    public int Moved { get; private set; }

    /// <summary>Lines that are no header and no field.</summary>
    public int Unreadable { get; private set; }

    /// <summary>Rows whose Private WS only their pages can tell: <see cref="SmapsMeasures.Store"/>.</summary>
    public IReadOnlyList<int> Mixed => _mixed;

    /// <summary>Begins a new text for a cleared table; what was learnt of its layout stays.</summary>
    public void Begin()
    {
        _mixed.Clear();
        (_row, _seen, Moved, Unreadable) = (-1, 0, 0, 0);
    }

    public int Take(ReadOnlySpan<byte> text)
    {
        var at = 0;
        _repeats = false;
        while (true)
        {
            var length = text[at..].IndexOf((byte)'\n');
            if (length < 0)
                return at;
            var line = text.Slice(at, length);
            at += length + 1;
            if (length > 0 && line[0] is >= (byte)'A' and <= (byte)'Z')
            {
                Field(line);
                continue;
            }
            Header(line);
            at += Numbers(text, at);
        }
    }

    /// <summary>Reads the lines that are as learnt, and returns how many bytes they took. Neighbours often have the very same numbers
    /// (untouched, or one page each): then those already read stand.</summary>
    int Numbers(ReadOnlySpan<byte> text, int at)
    {
        var length = _template.Length;
        if (_repeats && text.Length - at >= length && text.Slice(at, length).SequenceEqual(text.Slice(_before, length)))
            return length;
        _values.Clear();
        length = _template.IsReady ? _template.Match(text[at..], _values) : 0;
        if (length > 0)
            _seen |= _template.Keys;
        (_repeats, _before) = (length > 0, at);
        return length;
    }

    /// <summary>Ends the last mapping and says which measures there were.</summary>
    public void End()
    {
        Store();
        SmapsMeasures.MarkPresent(mappings, _seen);
    }

    void Store()
    {
        if (_row >= 0 && SmapsMeasures.Store(mappings, _row, _flags, _values))
            _mixed.Add(_row);
        _row = -1;
    }

    void Header(ReadOnlySpan<byte> line)
    {
        Store();
        _template.Close();
        _flags = 0;
        if (!MapsLine.TryParse(line, out var header, out var name))
        {
            Unreadable++;
            return;
        }
        var (start, offset, facts) = (header.Start, header.Offset, BlockFlags.StartsMapping);
        if (mappings.Count > 0 && mappings.Ends[^1] is var before && start < before)
        {
            Moved++;
            if (header.End <= before)
                return;
            offset += header.Inode != 0 ? before - start : 0;
            (start, facts) = (before, facts | BlockFlags.Clipped);
        }
        _row = mappings.Add(start, header.End, header.Protection, header.Device, header.Inode, offset, Intern(name), facts);
    }

    /// <summary>Neighbours often have the same name.</summary>
    int Intern(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
            return 0;
        if (!strings.Utf8(_name).SequenceEqual(name))
            _name = strings.Intern(name);
        return _name;
    }

    void Field(ReadOnlySpan<byte> line)
    {
        var flags = "VmFlags: "u8;
        if (line.StartsWith(flags))
        {
            _flags = _flagTexts.Parse(line[flags.Length..]);
            _seen |= 1u << (int)SmapsKey.VmFlags;
            _template.Close();
            return;
        }
        var colon = line.IndexOf((byte)':');
        if (colon < 0 || !Utf8Parser.TryParse(line[(colon + 1)..].TrimStart((byte)' '), out ulong number, out _))
        {
            Unreadable++;
            return;
        }
        var key = SmapsKeys.Parse(line[..colon]);
        _template.Learn(line, key);
        _values[key] = number;
        _repeats = false;
        _seen |= 1u << (int)key;
    }
}
