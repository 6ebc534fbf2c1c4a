using System.Buffers.Binary;
using System.Text;

namespace VmAtlas.Formats.Tests.Etl;

/// <summary>Writes event trace logs as Windows lays them out (64-bit, a clock of 10 MHz).</summary>
sealed class EtlMaker : IDisposable
{
    public const long FirstTick = 1_000_000, Frequency = 10_000_000;
    const int BufferBytes = 4096, HeaderBytes = 72;

    readonly MemoryStream _file = new();
    readonly List<byte> _buffer = [];

    public EtlMaker() => Add(0, 0, FirstTick, 0, 0, LogHeader());

    public static DateTimeOffset Began { get; } = new(2024, 5, 6, 7, 8, 9, TimeSpan.Zero);

    /// <summary>An event with a SYSTEM_TRACE_HEADER.</summary>
    public EtlMaker Add(byte group, byte type, long tick, int process, int thread, byte[] payload)
    {
        var e = new byte[32 + payload.Length];
        (e[0], e[2], e[3], e[6], e[7]) = (2, 2, 0xc0, type, group);
        BinaryPrimitives.WriteUInt16LittleEndian(e.AsSpan(4), (ushort)e.Length);
        BinaryPrimitives.WriteInt32LittleEndian(e.AsSpan(8), thread);
        BinaryPrimitives.WriteInt32LittleEndian(e.AsSpan(12), process);
        BinaryPrimitives.WriteInt64LittleEndian(e.AsSpan(16), tick);
        payload.CopyTo(e, 32);
        return Put(e);
    }

    /// <summary>An event with a PERFINFO_TRACE_HEADER, which says neither process nor thread.</summary>
    public EtlMaker AddShort(byte group, byte type, long tick, byte[] payload)
    {
        var e = new byte[16 + payload.Length];
        (e[0], e[2], e[3], e[6], e[7]) = (2, 17, 0xc0, type, group);
        BinaryPrimitives.WriteUInt16LittleEndian(e.AsSpan(4), (ushort)e.Length);
        BinaryPrimitives.WriteInt64LittleEndian(e.AsSpan(8), tick);
        payload.CopyTo(e, 16);
        return Put(e);
    }

    public EtlMaker Alloc(long tick, int process, int thread, ulong heap, ulong address, ulong size) =>
        Add(0x10, 33, tick, process, thread, Bytes(heap, size, address, 1u));

    public EtlMaker Free(long tick, int process, int thread, ulong heap, ulong address) => Add(0x10, 36, tick, process, thread, Bytes(heap, address, 1u));

    public EtlMaker Realloc(long tick, int process, int thread, ulong heap, ulong to, ulong from, ulong size) =>
        Add(0x10, 34, tick, process, thread, Bytes(heap, to, from, size, 0ul, 1u));

    /// <summary>The stack of the event of that moment and thread, innermost first.</summary>
    public EtlMaker Stack(long tick, int process, int thread, params ulong[] addresses) =>
        AddShort(0x18, 32, tick + 1, Bytes([tick, (uint)process, (uint)thread, .. addresses.Cast<object>()]));

    public EtlMaker Image(int process, ulong start, ulong size, string path) =>
        AddShort(0x14, 3, FirstTick, [.. Bytes(start, size, (uint)process, 0u, 0u, 0u, start, 0ul, 0ul), .. Encoding.Unicode.GetBytes(path + '\0')]);

    /// <summary>Begins another buffer, as another processor's would be.</summary>
    public EtlMaker NextBuffer()
    {
        var header = new byte[HeaderBytes];
        BinaryPrimitives.WriteInt32LittleEndian(header, BufferBytes);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(48), HeaderBytes + _buffer.Count);
        _file.Write(header);
        _file.Write([.. _buffer]);
        _file.Write(Enumerable.Repeat((byte)0xff, BufferBytes - HeaderBytes - _buffer.Count).ToArray());
        _buffer.Clear();
        return this;
    }

    public byte[] Make()
    {
        NextBuffer();
        return _file.ToArray();
    }

    public static byte[] Bytes(params object[] values) => [.. values.SelectMany(v => v switch
    {
        ulong l => BitConverter.GetBytes(l),
        long l => BitConverter.GetBytes(l),
        uint i => BitConverter.GetBytes(i),
        _ => throw new ArgumentException(v.GetType().Name),
    })];

    public void Dispose() => _file.Dispose();

    EtlMaker Put(byte[] e)
    {
        if (HeaderBytes + _buffer.Count + e.Length + 8 > BufferBytes)
            NextBuffer();
        _buffer.AddRange(e);
        while (_buffer.Count % 8 != 0)
            _buffer.Add(0);
        return this;
    }

    static byte[] LogHeader()
    {
        var header = new byte[288];
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(256), Frequency);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(264), Began.ToFileTime());
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(272), 1);
        return header;
    }
}
