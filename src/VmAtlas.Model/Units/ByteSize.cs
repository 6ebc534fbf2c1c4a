using System.Globalization;

namespace VmAtlas.Model;

/// <summary>An amount of memory in bytes. Arithmetic is checked in every build: a sum that overflows is a defect, not a number.</summary>
public readonly record struct ByteSize(ulong Bytes) : IComparable<ByteSize>
{
    public static readonly ByteSize Zero;

    public static ByteSize FromKib(ulong kib) => new(checked(kib * 1024));

    /// <summary>Whole kibibytes, rounded down: a partly used KiB is not shown as used.</summary>
    public ulong Kib => Bytes >> 10;

    public static ByteSize operator +(ByteSize a, ByteSize b) => new(checked(a.Bytes + b.Bytes));

    public static ByteSize operator -(ByteSize a, ByteSize b) => new(checked(a.Bytes - b.Bytes));

    public static bool operator <(ByteSize a, ByteSize b) => a.Bytes < b.Bytes;

    public static bool operator >(ByteSize a, ByteSize b) => a.Bytes > b.Bytes;

    public static bool operator <=(ByteSize a, ByteSize b) => a.Bytes <= b.Bytes;

    public static bool operator >=(ByteSize a, ByteSize b) => a.Bytes >= b.Bytes;

    public int CompareTo(ByteSize other) => Bytes.CompareTo(other.Bytes);

    /// <summary>VMMap's own form: "1,024 K", rounded down to whole KiB, invariant separators.</summary>
    public override string ToString() => Kib.ToString("N0", CultureInfo.InvariantCulture) + " K";

    /// <summary>Reads "4096", "64K", "1.5 MiB", "2G", "3TB"; all units are binary (K = 1024), case does not matter.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ByteSize size)
    {
        text = text.Trim();
        var digits = text.Length;
        while (digits > 0 && !char.IsAsciiDigit(text[digits - 1]))
            digits--;
        var shift = ShiftOf(text[digits..].Trim());
        if (shift < 0
            || !decimal.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            || value > ulong.MaxValue / (1UL << shift))
        {
            size = default;
            return false;
        }
        size = new ByteSize((ulong)(value * (1UL << shift)));
        return true;
    }

    /// <summary>The power of two a unit stands for, or -1 for a word that is none.</summary>
    static int ShiftOf(ReadOnlySpan<char> unit)
    {
        if (unit.Length == 0)
            return 0;
        var shift = char.ToUpperInvariant(unit[0]) switch { 'B' => 0, 'K' => 10, 'M' => 20, 'G' => 30, 'T' => 40, 'P' => 50, _ => -1 };
        if (shift == 0)
            return unit.Length == 1 ? 0 : -1;
        var rest = unit[1..];
        var known = rest.Length == 0
            || rest.Equals("B", StringComparison.OrdinalIgnoreCase)
            || rest.Equals("iB", StringComparison.OrdinalIgnoreCase);
        return known ? shift : -1;
    }
}
