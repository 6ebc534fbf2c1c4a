using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace VmAtlas.Symbols.Bytes;

/// <summary>Reads little-endian numbers from bytes that are not trusted: going past the end is a <see cref="SymbolFormatException"/>.</summary>
ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; }

    public readonly bool AtEnd => Position >= _bytes.Length;

    public readonly int Left => _bytes.Length - Position;

    public byte U8()
    {
        var at = Position;
        if ((uint)at >= (uint)_bytes.Length)
            PastEnd();
        Position = at + 1;
        return _bytes[at];
    }

    public ushort U16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    /// <summary>A number of 1, 2, 4 or 8 bytes.</summary>
    public ulong Number(int size) => size switch
    {
        1 => U8(),
        2 => U16(),
        4 => U32(),
        8 => U64(),
        _ => Unsupported(size),
    };

    /// <summary>An offset or a length: 4 bytes in the 32-bit DWARF format, 8 in the 64-bit one.</summary>
    public ulong Offset(bool is64) => is64 ? U64() : U32();

    /// <summary>The length a unit begins with, which also tells the format (DWARF 5 §7.4).</summary>
    public ulong UnitLength(out bool is64)
    {
        var length = U32();
        is64 = length == 0xffffffff;
        if (!is64 && length >= 0xfffffff0)
            SymbolFormatException.Throw("has a debug unit with a reserved length");
        return is64 ? U64() : length;
    }

    /// <summary>Unsigned LEB128. Bits above the 64th are dropped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Uleb()
    {
        var first = U8();
        return first < 0x80 ? first : LongUleb(first);
    }

    ulong LongUleb(byte first)
    {
        var value = (ulong)(first & 0x7f);
        for (var shift = 7; ; shift += 7)
        {
            var b = U8();
            if (shift < 64)
                value |= unchecked((ulong)(b & 0x7f) << shift);
            if (b < 0x80)
                return value;
        }
    }

    /// <summary>Signed LEB128.</summary>
    public long Sleb()
    {
        var value = 0L;
        for (var shift = 0; ; shift += 7)
        {
            var b = U8();
            if (shift < 64)
                value |= unchecked((long)(b & 0x7f) << shift);
            if (b >= 0x80)
                continue;
            return (b & 0x40) != 0 && shift + 7 < 64 ? value | (-1L << (shift + 7)) : value;
        }
    }

    /// <summary>LEB128 of any sign that nobody needs.</summary>
    public void SkipLeb()
    {
        while (U8() >= 0x80)
        {
        }
    }

    public void Skip(ulong count)
    {
        if (count > (ulong)Left)
            PastEnd();
        Position += (int)count;
    }

    public ReadOnlySpan<byte> Take(int count)
    {
        var at = Position;
        if ((uint)count > (uint)(_bytes.Length - at))
            PastEnd();
        Position = at + count;
        return _bytes.Slice(at, count);
    }

    public ReadOnlySpan<byte> TakeLong(ulong count) => count > (ulong)Left ? Take(int.MaxValue) : Take((int)count);

    /// <summary>Bytes up to a zero byte, which is passed.</summary>
    public ReadOnlySpan<byte> Text()
    {
        var rest = _bytes[Position..];
        var length = rest.IndexOf((byte)0);
        if (length < 0)
            PastEnd();
        Position += length + 1;
        return rest[..length];
    }

    static void PastEnd() => SymbolFormatException.Throw("ends in the middle of its debug information");

    static ulong Unsupported(int size)
    {
        SymbolFormatException.Throw($"has numbers of {size} bytes");
        return 0;
    }
}
