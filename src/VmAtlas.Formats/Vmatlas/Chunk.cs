using System.Buffers.Binary;
using System.IO.Compression;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>What a chunk holds; the four letters as they stand in the file.</summary>
enum ChunkType : uint
{
    /// <summary>"STRS": further texts.</summary>
    Strings = 0x53525453,

    /// <summary>"KEYF": a whole snapshot.</summary>
    KeyFrame = 0x4659454B,

    /// <summary>"DELT": what changed since the snapshot before.</summary>
    DeltaFrame = 0x544C4544,

    /// <summary>"TRAC": a traced program.</summary>
    Trace = 0x43415254,

    /// <summary>"TFCT": its modules, threads, and how it ended.</summary>
    TraceFacts = 0x54434654,

    /// <summary>"TNOD": further calls of its tree of stacks.</summary>
    TraceNodes = 0x444F4E54,

    /// <summary>"TEVT": events.</summary>
    TraceEvents = 0x54564554,

    /// <summary>"TSYM": the functions that calls are in.</summary>
    TraceSymbols = 0x4D595354,

    /// <summary>"HEAP": what is inside malloc's heaps, of the snapshot before it.</summary>
    Heap = 0x50414548,

    /// <summary>"HCHK": a part of the chunks of the HEAP before it.</summary>
    HeapChunks = 0x4B484348,
}

/// <summary>The 16 bytes before a chunk's payload: type, length when inflated, length as stored, CRC of the twelve bytes before it and the payload.</summary>
readonly record struct ChunkHead(ChunkType Type, uint Inflated, uint Stored, uint Crc)
{
    public const int Length = 16;

    public static ChunkHead Parse(ReadOnlySpan<byte> bytes) => new(
        (ChunkType)BinaryPrimitives.ReadUInt32LittleEndian(bytes), BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]));

    public bool IsFrame => Type is ChunkType.KeyFrame or ChunkType.DeltaFrame;

    public bool IsTrace => Type is ChunkType.Trace or ChunkType.TraceFacts or ChunkType.TraceNodes or ChunkType.TraceEvents or ChunkType.TraceSymbols;

    /// <summary>Whether it belongs to the snapshot that its plain bytes number and can be passed over.</summary>
    public bool IsExtra => Type is ChunkType.Heap or ChunkType.HeapChunks;

    public static bool IsKnown(ChunkType type) =>
        type is ChunkType.KeyFrame or ChunkType.DeltaFrame or ChunkType.Strings or ChunkType.Heap or ChunkType.HeapChunks
        || new ChunkHead(type, 0, 0, 0).IsTrace;

    /// <summary>Whether the payload is what was written.</summary>
    public bool Matches(ReadOnlySpan<byte> payload)
    {
        Span<byte> head = stackalloc byte[12];
        BinaryPrimitives.WriteUInt32LittleEndian(head, (uint)Type);
        BinaryPrimitives.WriteUInt32LittleEndian(head[4..], Inflated);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], Stored);
        return Crc32.Append(Crc32.Append(0, head), payload) == Crc;
    }
}

/// <summary>The 12 bytes the payload of a frame, and of what belongs to one, begins with, not compressed, so that a timeline is listed without inflating anything.</summary>
/// <param name="Number">Of the snapshot in the recording, from 0. A delta needs the frame numbered one less.</param>
readonly record struct FrameHead(DateTimeOffset TakenAt, int Number)
{
    public const int Length = 12;

    public static FrameHead Parse(ReadOnlySpan<byte> payload)
    {
        var from = new ByteCursor(payload);
        return new FrameHead(FileTime.ToTime(from.Int64()), checked((int)Math.Min(from.UInt32(), int.MaxValue)));
    }
}

static class Chunk
{
    /// <summary>Appends a whole chunk: head, plain bytes, and the zlib stream of the rest.</summary>
    public static void Write(ChunkType type, ReadOnlySpan<byte> plain, ByteBuffer content, ByteBuffer into, Packing? packing = null)
    {
        var packed = new MemoryStream();
        var options = new ZLibCompressionOptions { CompressionLevel = (int)(packing ?? PackingFor(content.Count)) };
        using (var zlib = new ZLibStream(packed, options, leaveOpen: true))
            zlib.Write(content.Written);
        var payload = packed.GetBuffer().AsSpan(0, (int)packed.Length);
        var head = into.Count;
        into.UInt32((uint)type);
        into.UInt32((uint)content.Count);
        into.UInt32((uint)(plain.Length + payload.Length));
        var crc = Crc32.Append(0, into.Written[head..]);
        into.UInt32(Crc32.Append(Crc32.Append(crc, plain), payload));
        into.Bytes(plain);
        into.Bytes(payload);
    }

    /// <summary>The content of a payload whose plain bytes were taken off.</summary>
    /// <exception cref="InvalidDataException">It does not inflate to the length its head says, or that is beyond the limit.</exception>
    public static byte[] Inflate(ChunkHead head, byte[] payload, int plain, ReaderLimits limits)
    {
        // Deflate packs 1032 to 1 at best: a head that promises more lies, and no memory is taken for it.
        if (head.Inflated > limits.InflatedBytes || head.Inflated > (ulong)payload.Length * 1040 + 64)
            throw new InvalidDataException($"a chunk says that it inflates to {head.Inflated} bytes where {limits.InflatedBytes} are the limit");
        var content = new byte[head.Inflated];
        using var zlib = new ZLibStream(new MemoryStream(payload, plain, payload.Length - plain), CompressionMode.Decompress);
        try
        {
            zlib.ReadExactly(content);
            return zlib.ReadByte() < 0 ? content : throw new InvalidDataException("a chunk inflates to more than it says");
        }
        catch (IOException e) // it ends too early
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    /// <summary>A small chunk is worth the best packing; a large one must not hold the recorder up.</summary>
    static Packing PackingFor(int length) => length < 1 << 20 ? Packing.Best : Packing.Fast;
}

/// <summary>How hard a chunk is packed: zlib's levels.</summary>
enum Packing
{
    Fast = 1,

    /// <summary>A fifth smaller, at some one and a half times the time.</summary>
    Good = 3,

    Best = 6,
}
