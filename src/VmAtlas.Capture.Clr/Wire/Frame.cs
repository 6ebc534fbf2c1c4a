using System.Buffers.Binary;

namespace VmAtlas.Capture.Clr.Wire;

/// <summary>What a frame between the helper and us holds.</summary>
enum FrameKind : byte
{
    /// <summary>The helper gave up its rights and has the runtime open: what it gave up, as text.</summary>
    Ready = 1,
    Runtime,
    Ranges,
    Types,
    Generations,
    End,

    /// <summary>The helper could not do it: why, as text. Nothing follows.</summary>
    Failure,

    /// <summary>To the helper, of a dump: the path of a file that holds memory.</summary>
    File,

    /// <summary>To the helper, of a dump: which memory the files hold. See <see cref="PieceFrames"/>.</summary>
    Pieces,
}

/// <summary>Bounds on what the helper may say. It reads memory that is not trusted, so neither is it.</summary>
static class WireLimits
{
    public const int FrameBytes = 1 << 20;
    public const int Frames = 256;
    public const int Ranges = 1 << 20;
    public const int Types = 1 << 18;
    public const int TextBytes = 2048;
}

/// <summary>Frames: kind (1 byte), length (4 bytes, little-endian), payload.</summary>
sealed class FrameWriter(Stream stream)
{
    readonly byte[] _header = new byte[5];

    public void Write(FrameKind kind, ReadOnlySpan<byte> payload)
    {
        _header[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(_header.AsSpan(1), payload.Length);
        stream.Write(_header);
        stream.Write(payload);
    }

    public void Flush() => stream.Flush();
}

/// <summary>The reading side, strict.</summary>
sealed class FrameReader(Stream stream)
{
    readonly byte[] _header = new byte[5];
    byte[] _payload = [];
    int _frames;

    /// <summary>The next frame; its payload is valid until the next call.</summary>
    /// <exception cref="InvalidDataException">It is no frame, or longer than <see cref="WireLimits.FrameBytes"/>.</exception>
    /// <exception cref="EndOfStreamException">The other side ended.</exception>
    public FrameKind Read(out ReadOnlySpan<byte> payload)
    {
        stream.ReadExactly(_header);
        var kind = (FrameKind)_header[0];
        var length = BinaryPrimitives.ReadUInt32LittleEndian(_header.AsSpan(1));
        if (kind is < FrameKind.Ready or > FrameKind.Pieces || length > WireLimits.FrameBytes)
            throw new InvalidDataException($"frame of kind {_header[0]} and {length} bytes");
        if (++_frames > WireLimits.Frames)
            throw new InvalidDataException($"more than {WireLimits.Frames} frames");
        if (_payload.Length < length)
            _payload = new byte[length];
        stream.ReadExactly(_payload, 0, (int)length);
        payload = _payload.AsSpan(0, (int)length);
        return kind;
    }

    /// <summary>Begins to count frames anew: each answer has its own bound.</summary>
    public void Restart() => _frames = 0;
}
