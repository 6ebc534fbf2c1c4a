using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Proc;

/// <summary>Reads "rd wr mr mw me ac" by a table of all pairs of letters, filled as codes are met.</summary>
static class VmFlagsText
{
    static readonly ulong[] s_bits = new ulong[26 * 26];

    public static ulong Parse(ReadOnlySpan<byte> codes)
    {
        var flags = 0UL;
        while (codes.Length >= 2)
        {
            var (first, second) = (codes[0] - 'a', codes[1] - 'a');
            if ((uint)first < 26 && (uint)second < 26 && s_bits[first * 26 + second] is not 0 and var bit)
                flags |= bit;
            else if (codes[0] != ' ')
                flags |= Look(codes[0], codes[1]);
            codes = codes[Math.Min(3, codes.Length)..];
        }
        return flags;
    }

    static ulong Look(byte first, byte second)
    {
        var bit = VmFlags.Bit([(char)first, (char)second]);
        if (first is >= (byte)'a' and <= (byte)'z' && second is >= (byte)'a' and <= (byte)'z')
            s_bits[(first - 'a') * 26 + second - 'a'] = bit;
        return bit;
    }
}
