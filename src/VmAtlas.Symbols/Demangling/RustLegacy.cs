using System.Globalization;
using System.Text;

namespace VmAtlas.Symbols.Demangling;

/// <summary>Rust's older names: those of C++ in form, <c>_ZN</c> parts <c>E</c>, the last part a hash, with $…$ for what linkers do not take.</summary>
static class RustLegacy
{
    const int HashLength = 17;

    /// <summary>The path without its hash; null when it is not of this kind.</summary>
    public static string? TryDemangle(ReadOnlySpan<byte> name)
    {
        if (!name.StartsWith("_ZN"u8))
            return null;
        var parts = new List<(int Start, int Length)>();
        var at = 3;
        while (at < name.Length && char.IsAsciiDigit((char)name[at]))
        {
            var length = 0;
            for (; at < name.Length && char.IsAsciiDigit((char)name[at]); at++)
            {
                if (length > ItaniumParser.MaxLength)
                    return null;
                length = length * 10 + name[at] - '0';
            }
            if (length > name.Length - at)
                return null;
            parts.Add((at, length));
            at += length;
        }
        if (at >= name.Length || name[at] != 'E' || parts.Count < 2 || !IsHash(name.Slice(parts[^1].Start, parts[^1].Length)))
            return null;
        var text = new StringBuilder();
        foreach (var (start, length) in parts[..^1])
        {
            if (text.Length > 0)
                text.Append("::");
            if (!TryAppend(Encoding.UTF8.GetString(name.Slice(start, length)), text))
                return null;
        }
        var suffix = name[(at + 1)..];
        return suffix.IsEmpty || suffix.StartsWith(".llvm."u8) ? text.ToString()
            : suffix[0] == '.' ? text.Append(Encoding.UTF8.GetString(suffix)).ToString() : null;
    }

    /// <summary>h and 16 hexadecimal digits, not all alike as a C++ name might have.</summary>
    static bool IsHash(ReadOnlySpan<byte> part)
    {
        if (part.Length != HashLength || part[0] != 'h')
            return false;
        var seen = 0;
        foreach (var b in part[1..])
        {
            if (!char.IsAsciiHexDigitLower((char)b))
                return false;
            seen |= 1 << Convert.ToInt32(((char)b).ToString(), 16);
        }
        return int.PopCount(seen) >= 5;
    }

    static bool TryAppend(ReadOnlySpan<char> part, StringBuilder into)
    {
        // The compiler puts an underscore before what would not begin like a name.
        if (part.StartsWith("_$"))
            part = part[1..];
        while (!part.IsEmpty)
        {
            if (part[0] == '$')
            {
                var end = part[1..].IndexOf('$');
                if (end < 0 || Escape(part.Slice(1, end)) is not { } rune)
                    return false;
                into.Append(rune);
                part = part[(end + 2)..];
            }
            else if (part.StartsWith(".."))
            {
                into.Append("::");
                part = part[2..];
            }
            else
            {
                into.Append(part[0]);
                part = part[1..];
            }
        }
        return true;
    }

    static string? Escape(ReadOnlySpan<char> code) => code switch
    {
        "SP" => "@",
        "BP" => "*",
        "RF" => "&",
        "LT" => "<",
        "GT" => ">",
        "LP" => "(",
        "RP" => ")",
        "C" => ",",
        ['u', .. var digits] when uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            && Rune.TryCreate(value, out var rune) && !Rune.IsControl(rune) => rune.ToString(),
        _ => null,
    };
}
