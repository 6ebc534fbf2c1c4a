using System.Buffers.Binary;
using System.Text;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>Bytes being written, in a buffer that grows and is used again.</summary>
sealed class ByteBuffer
{
    byte[] _bytes = new byte[1024];

    public int Count { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Count);

    public void Clear() => Count = 0;

    public void Byte(byte value)
    {
        Room(1);
        _bytes[Count++] = value;
    }

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Room(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(Count));
        Count += bytes.Length;
    }

    public void UInt16(ushort value)
    {
        Room(2);
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(Count), value);
        Count += 2;
    }

    public void UInt32(uint value)
    {
        Room(4);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(Count), value);
        Count += 4;
    }

    public void Int64(long value)
    {
        Room(8);
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.AsSpan(Count), value);
        Count += 8;
    }

    /// <summary>Seven bits a byte, low bits first, the high bit says that more follows (LEB128): 1 to 10 bytes.</summary>
    public void VarInt(ulong value)
    {
        Room(10);
        var at = Count;
        for (; value >= 0x80; value >>= 7)
            _bytes[at++] = (byte)(value & 0x7f | 0x80);
        _bytes[at++] = (byte)value;
        Count = at;
    }

    public void VarInt(int value) => VarInt((ulong)value);

    /// <summary>Length and UTF-8 bytes: for the short names of tables and columns.</summary>
    public void Text(string text)
    {
        VarInt(Encoding.UTF8.GetByteCount(text));
        Room(Encoding.UTF8.GetMaxByteCount(text.Length));
        Count += Encoding.UTF8.GetBytes(text, _bytes.AsSpan(Count));
    }

    /// <summary>Room for so many numbers at the end, to be written without looking for more; what was written counts once it is told by <see cref="Advance"/>.</summary>
    public VarIntWriter Reserve(int numbers)
    {
        Room(numbers * 10 + sizeof(ulong));
        return new VarIntWriter(_bytes.AsSpan(Count));
    }

    public void Advance(in VarIntWriter written) => Count += written.Length;

    void Room(int more)
    {
        if (Count + more > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Count + more));
    }
}
