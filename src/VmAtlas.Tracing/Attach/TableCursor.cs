namespace VmAtlas.Tracing.Attach;

/// <summary>Reads numbers of an unwind table. Past its end everything is 0.</summary>
/// <param name="address">Where the bytes lie in the target: some numbers count from their own place.</param>
ref struct TableCursor(ReadOnlySpan<byte> bytes, ulong address)
{
    readonly ReadOnlySpan<byte> _bytes = bytes;
    int _at;

    public readonly int Left => _bytes.Length - _at;

    public readonly ulong Address => address + (ulong)_at;

    /// <summary>The next bytes alone, as many of them as there are.</summary>
    public readonly TableCursor Slice(int length) => new(_bytes.Slice(_at, Math.Min(length, Left)), Address);

    public void Skip(ulong count) => _at += (int)Math.Min(count, (ulong)Left);

    public ulong Number(int size)
    {
        var value = 0UL;
        for (var i = 0; i < size && Left > 0; i++)
            value |= (ulong)_bytes[_at++] << 8 * i;
        return value;
    }

    public ulong Unsigned()
    {
        var value = 0UL;
        for (var shift = 0; Left > 0; shift += 7)
        {
            var b = _bytes[_at++];
            if (shift < 64)
                value |= (ulong)(b & 0x7f) << shift;
            if ((b & 0x80) == 0)
                break;
        }
        return value;
    }

    public long Signed()
    {
        var (value, shift, b) = (0L, 0, (byte)0);
        do
        {
            if (Left == 0)
                return 0;
            b = _bytes[_at++];
            if (shift < 64)
                value |= (long)(b & 0x7f) << shift;
            shift += 7;
        }
        while ((b & 0x80) != 0);
        return shift < 64 && (b & 0x40) != 0 ? value | -1L << shift : value;
    }

    public ReadOnlySpan<byte> Text()
    {
        var rest = _bytes[_at..];
        var end = rest.IndexOf((byte)0);
        Skip(end < 0 ? (ulong)rest.Length : (ulong)end + 1);
        return end < 0 ? rest : rest[..end];
    }

    /// <summary>DW_EH_PE_*: low four bits the form, the next three what it is relative to.</summary>
    public ulong Encoded(byte encoding, ulong data)
    {
        var here = Address;
        var value = unchecked((encoding & 0x0f) switch
        {
            0x01 => Unsigned(),
            0x02 => Number(2),
            0x03 => Number(4),
            0x09 => (ulong)Signed(),
            0x0a => (ulong)(short)Number(2),
            0x0b => (ulong)(int)Number(4),
            _ => Number(8),
        });
        return unchecked((encoding & 0x70) switch { 0x10 => value + here, 0x30 => value + data, _ => value });
    }
}
