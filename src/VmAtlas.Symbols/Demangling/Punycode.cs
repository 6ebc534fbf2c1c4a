using System.Text;

namespace VmAtlas.Symbols.Demangling;

/// <summary>Punycode (RFC 3492) with an underscore between the plain letters and the rest, as Rust writes names that are not ASCII.</summary>
static class Punycode
{
    const int Base = 36, LowestThreshold = 1, HighestThreshold = 26, Skew = 38, Damp = 700, FirstBias = 72, FirstCode = 128, MaxLength = 512;

    public static string? TryDecode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxLength)
            return null;
        var runes = new List<Rune>();
        var split = bytes.LastIndexOf((byte)'_');
        foreach (var b in bytes[..Math.Max(split, 0)])
        {
            if (!Rune.TryCreate(b, out var rune) || b >= FirstCode)
                return null;
            runes.Add(rune);
        }
        var (code, position, bias) = ((long)FirstCode, 0L, FirstBias);
        for (var rest = bytes[(split + 1)..]; !rest.IsEmpty;)
        {
            if (!TryDelta(ref rest, bias, out var delta))
                return null;
            var count = runes.Count + 1;
            bias = Adapt(delta, count, isFirst: code == FirstCode && position == 0);
            position += delta;
            code += position / count;
            position %= count;
            if (code > 0x10ffff || !Rune.TryCreate((int)code, out var rune) || Rune.IsControl(rune))
                return null;
            runes.Insert((int)position++, rune);
        }
        return string.Concat(runes);
    }

    static bool TryDelta(ref ReadOnlySpan<byte> rest, int bias, out long delta)
    {
        delta = 0;
        var weight = 1L;
        for (var k = Base; !rest.IsEmpty; k += Base)
        {
            var digit = (char)rest[0] switch
            {
                >= 'a' and <= 'z' and var c => c - 'a',
                >= '0' and <= '9' and var c => c - '0' + 26,
                _ => -1,
            };
            rest = rest[1..];
            if (digit < 0 || weight > int.MaxValue)
                return false;
            delta += digit * weight;
            var threshold = Math.Clamp(k - bias, LowestThreshold, HighestThreshold);
            if (digit < threshold)
                return delta <= int.MaxValue;
            weight *= Base - threshold;
        }
        return false;
    }

    static int Adapt(long delta, int count, bool isFirst)
    {
        delta = isFirst ? delta / Damp : delta / 2;
        delta += delta / count;
        var k = 0;
        for (; delta > (Base - LowestThreshold) * HighestThreshold / 2; k += Base)
            delta /= Base - LowestThreshold;
        return (int)(k + (Base - LowestThreshold + 1) * delta / (delta + Skew));
    }
}
