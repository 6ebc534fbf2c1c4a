using System.Buffers.Binary;

namespace VmAtlas.Formats.Etl;

/// <summary>Whom an event is of: EVENT_TRACE_GROUP of the kernel's own events, 0 for all others.</summary>
enum EtlGroup : byte
{
    Header = 0,
    Memory = 2,
    Heap = 0x10,
    Image = 0x14,
    StackWalk = 0x18,
    Other = 0xff,
}

/// <summary>One event of a log, in place.</summary>
readonly ref struct EtlEvent
{
    const byte Marker = 0x80;
    const int Alignment = 8;

    /// <summary>Task GUIDs of the classic events that are wanted.</summary>
    static readonly (Guid Task, EtlGroup Group)[] s_tasks =
    [
        (new("222962ab-6180-4b88-a825-346b75f2a24a"), EtlGroup.Heap),
        (new("3d6fa8d3-fe05-11d0-9dda-00c04fd7ba7c"), EtlGroup.Memory),
        (new("2cb15d1d-5fc1-11d2-abe1-00a0c911f518"), EtlGroup.Image),
        (new("def2fe46-7bd6-4b80-bd94-f57fe20d0ce3"), EtlGroup.StackWalk),
    ];

    public EtlGroup Group { get; private init; }

    public byte Type { get; private init; }

    /// <summary>Ticks of the log's clock.</summary>
    public long Time { get; private init; }

    /// <summary>0 where the header has none.</summary>
    public int Thread { get; private init; }

    /// <summary>0 where the header has none.</summary>
    public int Process { get; private init; }

    /// <summary>Addresses have 8 bytes.</summary>
    public bool IsWide { get; private init; }

    public ReadOnlySpan<byte> Payload { get; private init; }

    /// <summary>Reads the event that a buffer goes on with, and moves behind it; false at the end.</summary>
    /// <remarks>The third byte is the kind of header (TRACE_HEADER_TYPE), the fourth has the marker. What makes no sense ends the buffer.</remarks>
    public static bool TryRead(ref ReadOnlySpan<byte> left, out EtlEvent read)
    {
        read = default;
        if (left.Length < Alignment || (left[3] & Marker) == 0)
            return false;
        var kind = left[2];
        var (header, size) = kind switch
        {
            1 or 2 => (32, U16(left, 4)), // SYSTEM_TRACE_HEADER
            3 or 4 => (24, U16(left, 4)), // the same without times of the processor
            16 or 17 => (16, U16(left, 4)), // PERFINFO_TRACE_HEADER
            10 or 20 => (48, U16(left, 0)), // EVENT_TRACE_HEADER
            _ => (Alignment, U16(left, 0)),
        };
        if (size < header || size > left.Length)
            return false;
        read = Read(kind, left[..size], header);
        left = left[Math.Min(left.Length, (size + Alignment - 1) & -Alignment)..];
        return true;
    }

    /// <summary>An address or size of the payload, behind so many of its kind and other bytes.</summary>
    public ulong Pointer(int pointers, int bytes = 0)
    {
        var at = pointers * PointerBytes + bytes;
        return at + PointerBytes > Payload.Length ? 0
            : IsWide ? BinaryPrimitives.ReadUInt64LittleEndian(Payload[at..]) : BinaryPrimitives.ReadUInt32LittleEndian(Payload[at..]);
    }

    public int Int(int pointers, int bytes)
    {
        var at = pointers * PointerBytes + bytes;
        return at + 4 > Payload.Length ? 0 : BinaryPrimitives.ReadInt32LittleEndian(Payload[at..]);
    }

    public int PointerBytes => IsWide ? 8 : 4;

    static EtlEvent Read(byte kind, ReadOnlySpan<byte> bytes, int header) => kind switch
    {
        1 or 2 or 3 or 4 => new EtlEvent
        {
            Group = (EtlGroup)bytes[7], Type = bytes[6], Thread = I32(bytes, 8), Process = I32(bytes, 12), Time = I64(bytes, 16),
            IsWide = kind is 2 or 4, Payload = bytes[header..],
        },
        16 or 17 => new EtlEvent { Group = (EtlGroup)bytes[7], Type = bytes[6], Time = I64(bytes, 8), IsWide = kind == 17, Payload = bytes[header..] },
        10 or 20 => new EtlEvent
        {
            Group = GroupOf(new Guid(bytes.Slice(24, 16))), Type = bytes[4], Thread = I32(bytes, 8), Process = I32(bytes, 12), Time = I64(bytes, 16),
            IsWide = kind == 20, Payload = bytes[header..],
        },
        _ => new EtlEvent { Group = EtlGroup.Other },
    };

    static EtlGroup GroupOf(Guid task)
    {
        foreach (var (known, group) in s_tasks)
        {
            if (known == task)
                return group;
        }
        return EtlGroup.Other;
    }

    static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    static int I32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes[at..]);

    static long I64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
}
