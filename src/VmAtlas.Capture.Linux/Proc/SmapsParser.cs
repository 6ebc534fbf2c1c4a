using System.Buffers.Text;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Proc;

/// <summary>Turns the text of <c>/proc/PID/smaps</c> into rows. Fed with whole lines, in any portions.</summary>
/// <remarks>
/// Fields come and go with kernels, so they are found by key. Addresses may go backwards in a process that maps and unmaps while it
/// is read (measured: 1 to 3 % of passes): such a row is clipped to the end of the row before and marked, or dropped when nothing is left.
/// </remarks>
sealed class SmapsParser(BlockTable mappings, StringTable strings)
{
    int _row = -1;
    SmapsFields _fields;

    public void Line(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty)
            return;
        if (line[0] is >= (byte)'A' and <= (byte)'Z')
            Field(line);
        else
            Header(line);
    }

    /// <summary>Ends the last mapping.</summary>
    public void End()
    {
        if (_row >= 0)
            _fields.Store(mappings, _row);
        _row = -1;
    }

    /// <summary>"7f12a0000000-7f12a0021000 rw-p 00001000 fe:00 1234    /path with spaces".</summary>
    void Header(ReadOnlySpan<byte> line)
    {
        End();
        var dash = line.IndexOf((byte)'-');
        var start = Hex(line[..dash]);
        line = line[(dash + 1)..];
        var end = Hex(Next(ref line));
        var access = Next(ref line);
        var offset = Hex(Next(ref line));
        var device = Next(ref line);
        _ = Utf8Parser.TryParse(Next(ref line), out ulong inode, out _);
        var facts = BlockFlags.StartsMapping;
        if (mappings.Count > 0 && start < mappings.Ends[^1])
        {
            offset += inode != 0 ? mappings.Ends[^1] - start : 0;
            (start, facts) = (mappings.Ends[^1], facts | BlockFlags.Clipped);
        }
        _fields = default;
        if (end <= start)
            return;
        _row = mappings.Add(start, end);
        var colon = device.IndexOf((byte)':');
        mappings.SetFile(_row, (uint)(Hex(device[..colon]) << 20 | Hex(device[(colon + 1)..])), inode, offset);
        mappings.SetName(_row, strings.Intern(line.TrimStart((byte)' ')));
        mappings.SetProtection(_row, ParseAccess(access));
        mappings.SetFacts(_row, facts);
    }

    void Field(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        if (_row < 0 || colon < 0)
            return;
        var key = line[..colon];
        var value = line[(colon + 1)..].TrimStart((byte)' ');
        if (key.SequenceEqual("VmFlags"u8))
            _fields.Flags = ParseFlags(value);
        else if (Utf8Parser.TryParse(value, out ulong number, out _))
            _fields.Set(key, number);
    }

    static ulong ParseFlags(ReadOnlySpan<byte> codes)
    {
        var flags = 0UL;
        Span<char> code = stackalloc char[2];
        for (; codes.Length >= 2; codes = codes[Math.Min(3, codes.Length)..])
        {
            (code[0], code[1]) = ((char)codes[0], (char)codes[1]);
            flags |= VmFlags.Bit(code);
        }
        return flags;
    }

    static Protection ParseAccess(ReadOnlySpan<byte> access) =>
        (access[0] == 'r' ? Protection.Read : 0) | (access[1] == 'w' ? Protection.Write : 0)
        | (access[2] == 'x' ? Protection.Execute : 0) | (access[3] == 's' ? Protection.Shared : 0);

    static ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> line)
    {
        var space = line.IndexOf((byte)' ');
        var word = space < 0 ? line : line[..space];
        line = space < 0 ? default : line[(space + 1)..];
        return word;
    }

    static ulong Hex(ReadOnlySpan<byte> text) => Utf8Parser.TryParse(text, out ulong value, out _, 'x') ? value : 0;
}
