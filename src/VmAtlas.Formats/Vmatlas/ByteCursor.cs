using System.Buffers.Binary;
using System.Text;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>Reads what <see cref="ByteBuffer"/> wrote, and never a byte past the end.</summary>
/// <exception cref="InvalidDataException">What is there is not what should be.</exception>
ref struct ByteCursor(ReadOnlySpan<byte> bytes)
{
    ReadOnlySpan<byte> _rest = bytes;

    public readonly bool AtEnd => _rest.IsEmpty;

    public readonly int Remaining => _rest.Length;

    public byte Byte() => Bytes(1)[0];

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if ((uint)count > (uint)_rest.Length)
            throw new InvalidDataException($"{count} bytes are asked for where {_rest.Length} are left");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Bytes(8));

    public ulong VarInt()
    {
        var value = 0UL;
        var rest = _rest;
        for (var i = 0; i < rest.Length && i < 10; i++)
        {
            var b = rest[i];
            if (i == 9 && b > 1)
                break;
            value |= (ulong)(b & 0x7f) << (7 * i);
            if (b < 0x80)
            {
                _rest = rest[(i + 1)..];
                return value;
            }
        }
        throw new InvalidDataException("a number does not end");
    }

    /// <summary>One number after the other into all of <paramref name="values"/>.</summary>
    public void VarInts(Span<ulong> values)
    {
        var (i, at) = (0, 0);
        // While the longest number would still fit, the end need not be looked for.
        for (; i < values.Length && at <= _rest.Length - 10; i++)
        {
            var (begin, value, shift, b) = (at, 0UL, 0, _rest[at]);
            for (; b >= 0x80 && shift < 56; shift += 7, b = _rest[++at])
                value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                values[i] = value | (ulong)b << shift;
                at++;
                continue;
            }
            _rest = _rest[begin..];
            values[i] = VarInt();
            at = 0;
        }
        _rest = _rest[at..];
        for (; i < values.Length; i++)
            values[i] = VarInt();
    }

    /// <summary>A count, a length or an index: from 0 to a limit; nothing is within a negative one.</summary>
    /// <param name="what">For the message: "rows", "columns".</param>
    public int Count(int limit, string what)
    {
        var value = VarInt();
        if (limit < 0 || value > (ulong)limit)
            throw new InvalidDataException($"{value} {what} where at most {Math.Max(0, limit)} can be");
        return (int)value;
    }

    public string Text(int limit) => Encoding.UTF8.GetString(Bytes(Count(limit, "bytes of a name")));
}
