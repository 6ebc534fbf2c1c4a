using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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
        var (access, at) = (26, 40);
        if (!TryUsual(line, out var start, out var end, out var offset) && !TryAny(line, out start, out end, out offset, out access, out at))
            return false;
        if (!TryFile(line, ref at, out var device, out var inode))
            return false;
        parsed = new MapsLine(start, end, ParseAccess(line.Slice(access, 4)), offset, device, inode);
        var rest = line[at..].IndexOfAnyExcept((byte)' ');
        name = rest < 0 ? default : line[(at + rest)..];
        return end > start;
    }

    /// <summary>Nearly every line: addresses of 12 digits, an offset of 8. The check of the length bounds all reads.</summary>
    static bool TryUsual(ReadOnlySpan<byte> line, out ulong start, out ulong end, out ulong offset)
    {
        start = end = offset = 0;
        if (line.Length < 46 || line[12] != '-' || line[25] != ' ' || line[30] != ' ' || line[39] != ' ')
            return false;
        ref var at = ref MemoryMarshal.GetReference(line);
        var wrong = 0UL;
        start = Hex8(ref at, 0, ref wrong) << 16 | Hex8(ref at, 4, ref wrong) & 0xffff;
        end = Hex8(ref at, 13, ref wrong) << 16 | Hex8(ref at, 17, ref wrong) & 0xffff;
        offset = Hex8(ref at, 31, ref wrong);
        return wrong == 0;
    }

    static bool TryAny(ReadOnlySpan<byte> line, out ulong start, out ulong end, out ulong offset, out int access, out int at)
    {
        (end, offset, access, at) = (0, 0, 0, 0);
        if (!TryHex(line, ref at, (byte)'-', out start) || !TryHex(line, ref at, (byte)' ', out end))
            return false;
        access = at;
        at += 5;
        return at <= line.Length && TryHex(line, ref at, (byte)' ', out offset);
    }

    /// <summary>"fe:00 1234"; anonymous memory has zeros.</summary>
    static bool TryFile(ReadOnlySpan<byte> line, ref int at, out uint device, out ulong inode)
    {
        var none = "00:00 0 "u8;
        (device, inode) = (0, 0);
        if (line[at..].StartsWith(none))
        {
            at += none.Length;
            return true;
        }
        var ok = TryHex(line, ref at, (byte)':', out var major) & TryHex(line, ref at, (byte)' ', out var minor)
            & TryDecimal(line, ref at, out inode);
        device = (uint)((major & 0xfff) << 20 | minor & 0xfffff);
        return ok;
    }

    static Protection ParseAccess(ReadOnlySpan<byte> access) =>
        (access[0] == 'r' ? Protection.Read : 0) | (access[1] == 'w' ? Protection.Write : 0)
        | (access[2] == 'x' ? Protection.Execute : 0) | (access[3] == 's' ? Protection.Shared : 0);

    /// <summary>Eight digits read as one little-endian word: the nibbles are put side by side by halves. Other bytes leave a bit in
    /// <paramref name="wrong"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ulong Hex8(ref byte line, nint offset, ref ulong wrong)
    {
        var word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref line, offset));
        var letters = word >> 6 & 0x0101010101010101;
        wrong |= word & 0xf0f0f0f0f0f0f0f0 ^ 0x3030303030303030 + letters * 0x30;
        var value = BinaryPrimitives.ReverseEndianness((word & 0x0f0f0f0f0f0f0f0f) + letters * 9);
        value = (value | value >> 4) & 0x00ff00ff00ff00ff;
        value = (value | value >> 8) & 0x0000ffff0000ffff;
        return (value | value >> 16) & 0x00000000ffffffff;
    }

    /// <summary>At most 16 digits and then the byte that ends them.</summary>
    static bool TryHex(ReadOnlySpan<byte> line, ref int at, byte ended, out ulong value)
    {
        value = 0;
        for (var i = at; i < line.Length && i <= at + 16; i++)
        {
            var c = line[i];
            if (char.IsAsciiDigit((char)c))
                value = value << 4 | (uint)(c - '0');
            else if (char.IsAsciiHexDigitLower((char)c))
                value = value << 4 | (uint)(c - 'a' + 10);
            else
                return Step(ref at, i + 1) > 1 && c == ended;
        }
        return false;
    }

    /// <summary>Digits up to a space or the end of the line.</summary>
    static bool TryDecimal(ReadOnlySpan<byte> line, ref int at, out ulong value)
    {
        value = 0;
        var i = at;
        for (; i < line.Length && char.IsAsciiDigit((char)line[i]); i++)
            value = unchecked(value * 10 + (uint)(line[i] - '0'));
        return Step(ref at, i) > 0 && (i == line.Length || line[i] == ' ');
    }

    static int Step(ref int at, int to)
    {
        var step = to - at;
        at = to;
        return step;
    }
}
