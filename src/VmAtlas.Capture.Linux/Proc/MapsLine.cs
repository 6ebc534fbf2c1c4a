using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Proc;

/// <summary>One line of maps, or the first line of a mapping in smaps:
/// "7f12a0000000-7f12a0021000 rw-p 00001000 fe:00 1234    /path with spaces".</summary>
readonly record struct MapsLine(ulong Start, ulong End, Protection Protection, ulong Offset, uint Device, ulong Inode)
{
    /// <param name="name">Everything after the padding: a name may hold any byte but a newline.</param>
    public static bool TryParse(ReadOnlySpan<byte> line, out MapsLine parsed, out ReadOnlySpan<byte> name)
    {
        parsed = default;
        name = default;
        var at = 0;
        if (!TryHex(line, ref at, (byte)'-', out var start) || !TryHex(line, ref at, (byte)' ', out var end) || line.Length - at < 5)
            return false;
        var protection = ParseAccess(line.Slice(at, 4));
        at += 5;
        if (!TryHex(line, ref at, (byte)' ', out var offset) || !TryHex(line, ref at, (byte)':', out var major)
            || !TryHex(line, ref at, (byte)' ', out var minor) || !TryDecimal(line, ref at, out var inode))
            return false;
        while (at < line.Length && line[at] == ' ')
            at++;
        name = line[at..];
        parsed = new MapsLine(start, end, protection, offset, (uint)(major << 20 | minor), inode);
        return end > start;
    }

    static Protection ParseAccess(ReadOnlySpan<byte> access) =>
        (access[0] == 'r' ? Protection.Read : 0) | (access[1] == 'w' ? Protection.Write : 0)
        | (access[2] == 'x' ? Protection.Execute : 0) | (access[3] == 's' ? Protection.Shared : 0);

    /// <summary>At most 16 digits and then the byte that ends them.</summary>
    static bool TryHex(ReadOnlySpan<byte> line, ref int at, byte ended, out ulong value)
    {
        value = 0;
        for (var last = Math.Min(line.Length, at + 17); at < last; at++)
        {
            var c = line[at];
            if (c == ended)
            {
                at++;
                return true;
            }
            if (!char.IsAsciiHexDigit((char)c))
                return false;
            value = value << 4 | (uint)((c & 0xf) + (c >> 6) * 9);
        }
        return false;
    }

    /// <summary>Digits up to a space or the end of the line.</summary>
    static bool TryDecimal(ReadOnlySpan<byte> line, ref int at, out ulong value)
    {
        value = 0;
        var first = at;
        for (; at < line.Length && line[at] != ' '; at++)
        {
            if (!char.IsAsciiDigit((char)line[at]))
                return false;
            value = unchecked(value * 10 + line[at] - '0');
        }
        return at > first;
    }
}
