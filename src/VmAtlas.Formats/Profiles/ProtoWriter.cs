using System.Text;
using VmAtlas.Formats.Vmatlas;

namespace VmAtlas.Formats.Profiles;

/// <summary>Writes protocol buffers' wire format: fields by number, varints and byte strings (protobuf.dev/programming-guides/encoding).</summary>
sealed class ProtoWriter
{
    const int VarIntType = 0, BytesType = 2;

    readonly ByteBuffer _bytes = new();

    public ReadOnlySpan<byte> Written => _bytes.Written;

    public ProtoWriter Clear()
    {
        _bytes.Clear();
        return this;
    }

    /// <summary>Zero is what a field that is not there means.</summary>
    public ProtoWriter Number(int field, ulong value)
    {
        if (value == 0)
            return this;
        _bytes.VarInt(field << 3 | VarIntType);
        _bytes.VarInt(value);
        return this;
    }

    public ProtoWriter Number(int field, long value) => Number(field, unchecked((ulong)value));

    public ProtoWriter Packed(int field, IEnumerable<ulong> values)
    {
        var packed = new ByteBuffer();
        foreach (var value in values)
            packed.VarInt(value);
        return packed.Count == 0 ? this : Bytes(field, packed.Written);
    }

    public ProtoWriter Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    public ProtoWriter Message(int field, ProtoWriter message) => Bytes(field, message.Written);

    ProtoWriter Bytes(int field, ReadOnlySpan<byte> bytes)
    {
        _bytes.VarInt(field << 3 | BytesType);
        _bytes.VarInt(bytes.Length);
        _bytes.Bytes(bytes);
        return this;
    }
}
