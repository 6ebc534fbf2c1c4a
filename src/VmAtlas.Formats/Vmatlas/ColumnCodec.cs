using System.Numerics;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>Columns of numbers as bytes: one byte that says how, then one variable-length number a row.</summary>
/// <remarks>
/// The low six bits of the first byte are a shift: all values are multiples of that power of two (pages, KiB) and are stored without their
/// zeros. Bit 6 says that each number is the zigzag difference to the row before; the writer takes whichever is shorter.
/// Arithmetic wraps at 64 bits, so every value can be stored either way.
/// </remarks>
static class ColumnCodec
{
    const int ShiftMask = 63;
    const int DifferencesBit = 64;

    public static void Encode(ReadOnlySpan<ulong> values, ByteBuffer into)
    {
        var shift = CommonShift(values);
        var differences = DifferencesAreShorter(values, shift);
        into.Byte((byte)(shift | (differences ? DifferencesBit : 0)));
        var before = 0UL;
        foreach (var value in values)
        {
            var shifted = value >> shift;
            into.VarInt(differences ? ZigZag.Of(shifted, before) : shifted);
            before = shifted;
        }
    }

    public static void Decode(ref ByteCursor from, Span<ulong> values)
    {
        var (shift, differences) = Head(ref from);
        from.VarInts(values);
        if (!differences)
        {
            if (shift == 0)
                return;
            foreach (ref var value in values)
                value <<= shift;
            return;
        }
        var before = 0UL;
        foreach (ref var value in values)
        {
            before = ZigZag.Back(value, before);
            value = before << shift;
        }
    }

    /// <summary>What changed between two columns of equal length: how many, then for each the rows skipped and the zigzag difference.</summary>
    public static void EncodeChanges(ReadOnlySpan<ulong> old, ReadOnlySpan<ulong> now, ByteBuffer into)
    {
        var (count, all) = (0, 0UL);
        for (var i = 0; i < now.Length; i++)
        {
            if (old[i] == now[i])
                continue;
            count++;
            all |= old[i] | now[i];
        }
        var shift = ShiftOf(all);
        into.Byte((byte)shift);
        into.VarInt(count);
        var next = 0;
        for (var i = 0; i < now.Length && count > 0; i++)
        {
            if (old[i] == now[i])
                continue;
            into.VarInt(i - next);
            into.VarInt(ZigZag.Of(now[i] >> shift, old[i] >> shift));
            next = i + 1;
            count--;
        }
    }

    public static void ApplyChanges(ref ByteCursor from, Span<ulong> values)
    {
        var (shift, _) = Head(ref from);
        var count = from.Count(values.Length, "changes");
        var row = -1;
        for (var i = 0; i < count; i++)
        {
            row += 1 + from.Count(values.Length - 2 - row, "rows to skip");
            values[row] = ZigZag.Back(from.VarInt(), values[row] >> shift) << shift;
        }
    }

    static (int Shift, bool Differences) Head(ref ByteCursor from)
    {
        var head = from.Byte();
        if (head > (ShiftMask | DifferencesBit))
            throw new InvalidDataException($"a column's first byte is {head}");
        return (head & ShiftMask, (head & DifferencesBit) != 0);
    }

    static int CommonShift(ReadOnlySpan<ulong> values)
    {
        var all = 0UL;
        foreach (var value in values)
            all |= value;
        return ShiftOf(all);
    }

    static int ShiftOf(ulong all) => all == 0 ? 0 : BitOperations.TrailingZeroCount(all);

    static bool DifferencesAreShorter(ReadOnlySpan<ulong> values, int shift)
    {
        var (plain, differences, before) = (0L, 0L, 0UL);
        foreach (var value in values)
        {
            var shifted = value >> shift;
            plain += LengthOf(shifted);
            differences += LengthOf(ZigZag.Of(shifted, before));
            before = shifted;
        }
        return differences < plain;
    }

    /// <summary>Bytes of a variable-length number: one for each seven bits begun.</summary>
    static int LengthOf(ulong value) => (70 - BitOperations.LeadingZeroCount(value | 1)) / 7;
}
