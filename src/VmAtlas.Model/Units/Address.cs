using System.Globalization;

namespace VmAtlas.Model;

/// <summary>A virtual address of the target: 64 unsigned bits, whatever the width of the target's own pointers.</summary>
/// <remarks>Address − address gives a size; two addresses can not be added, on purpose.</remarks>
public readonly record struct Address(ulong Value) : IComparable<Address>
{
    public static readonly Address Zero;

    public static ByteSize operator -(Address end, Address start) => new(checked(end.Value - start.Value));

    public static Address operator +(Address start, ByteSize size) => new(checked(start.Value + size.Bytes));

    public static bool operator <(Address a, Address b) => a.Value < b.Value;

    public static bool operator >(Address a, Address b) => a.Value > b.Value;

    public static bool operator <=(Address a, Address b) => a.Value <= b.Value;

    public static bool operator >=(Address a, Address b) => a.Value >= b.Value;

    public int CompareTo(Address other) => Value.CompareTo(other.Value);

    /// <summary>16 hexadecimal digits, no prefix: VMMap's own form for 64-bit targets, in lower case as Linux writes it.</summary>
    public override string ToString() => Value.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Reads "7f12ab", "0x7F12AB" or "7f12`ab34" (WinDbg's grouping); always hexadecimal.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Address address)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            text = text[2..];
        Span<char> digits = stackalloc char[16];
        var n = 0;
        foreach (var c in text)
        {
            if (c is '`' or '_')
                continue;
            if (n == digits.Length)
            {
                address = default;
                return false;
            }
            digits[n++] = c;
        }
        var ok = ulong.TryParse(digits[..n], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value);
        address = new Address(value);
        return ok;
    }
}
