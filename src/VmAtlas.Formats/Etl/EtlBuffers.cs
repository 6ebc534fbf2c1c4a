using System.Buffers.Binary;

namespace VmAtlas.Formats.Etl;

/// <summary>The buffers of an event trace log, as they lie in the file: of all processors, each in order of time, together in none.</summary>
/// <remarks>WMI_BUFFER_HEADER (72 bytes): size of the buffer at 0, bytes filled at 48, flags at 52.</remarks>
sealed class EtlBuffers(Stream file)
{
    public const int HeaderBytes = 72;
    const int MostBytes = 64 << 20;
    const ushort Packed = 0x40;

    byte[] _buffer = [], _unpacked = [];

    /// <summary>Calls for the events of each buffer; false when the last buffer was cut off.</summary>
    /// <exception cref="InvalidDataException">It is no such log.</exception>
    public bool Read(Action<ReadOnlySpan<byte>> take)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        for (int got; (got = file.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false)) > 0;)
        {
            if (got < HeaderBytes)
                return false;
            var (size, filled) = (BinaryPrimitives.ReadUInt32LittleEndian(header), BinaryPrimitives.ReadUInt32LittleEndian(header[48..]));
            var packed = (BinaryPrimitives.ReadUInt16LittleEndian(header[52..]) & Packed) != 0;
            if (size is < HeaderBytes or > MostBytes || filled < HeaderBytes || filled > (packed ? MostBytes : size))
                throw new InvalidDataException("a buffer's header does not make sense");
            var body = Room(ref _buffer, (int)size - HeaderBytes);
            if (file.ReadAtLeast(body, body.Length, throwOnEndOfStream: false) < body.Length)
                return false;
            var events = (int)filled - HeaderBytes;
            take(packed ? Unpack(body, events) : body[..events]);
        }
        return true;
    }

    Span<byte> Unpack(ReadOnlySpan<byte> body, int length)
    {
        var unpacked = Room(ref _unpacked, length);
        Xpress.Unpack(body, unpacked);
        return unpacked;
    }

    static Span<byte> Room(ref byte[] bytes, int length)
    {
        if (bytes.Length < length)
            bytes = new byte[length];
        return bytes.AsSpan(0, length);
    }
}
