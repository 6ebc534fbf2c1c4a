using System.Buffers.Binary;
using System.Text;

namespace VmAtlas.Capture.Linux.Tests.Cores;

/// <summary>Makes a small core of a process that never was: a program mapped from /opt/made-up, a thread with its stack and guard, the vdso.</summary>
static class CoreMaker
{
    public const ulong Program = 0x400000, Guard = 0x7f0000000000, Stack = 0x7f0000001000, Vdso = 0x7fff00000000, MainStack = 0x7ffe00000000;

    public static byte[] Make()
    {
        var notes = Notes();
        (ulong Start, ulong Size, uint Flags, byte Fill)[] segments =
        [
            (Program, 0x1000, 5, 0xc3), (Guard, 0x1000, 0, 0), (Stack, 0x3000, 6, 0x11), (MainStack, 0x2000, 6, 0x22), (Vdso, 0x1000, 5, 0x33),
        ];
        var offset = 64 + 56 * (segments.Length + 1);
        var core = new MemoryStream();
        core.Write(Header(segments.Length + 1));
        core.Write(Segment(4, 0, (ulong)offset, 0, (ulong)notes.Length, (ulong)notes.Length));
        offset += notes.Length;
        foreach (var (start, size, flags, _) in segments)
        {
            core.Write(Segment(1, flags, (ulong)offset, start, size, size));
            offset += (int)size;
        }
        core.Write(notes);
        foreach (var (_, size, _, fill) in segments)
            core.Write(Enumerable.Repeat(fill, (int)size).ToArray());
        return core.ToArray();
    }

    static byte[] Header(int count)
    {
        var header = new byte[64];
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(16), 4);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(18), 62);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(32), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(54), 56);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(56), (ushort)count);
        return header;
    }

    static byte[] Segment(uint kind, uint flags, ulong offset, ulong start, ulong saved, ulong size)
    {
        var entry = new byte[56];
        BinaryPrimitives.WriteUInt32LittleEndian(entry, kind);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(4), flags);
        BinaryPrimitives.WriteUInt64LittleEndian(entry.AsSpan(8), offset);
        BinaryPrimitives.WriteUInt64LittleEndian(entry.AsSpan(16), start);
        BinaryPrimitives.WriteUInt64LittleEndian(entry.AsSpan(32), saved);
        BinaryPrimitives.WriteUInt64LittleEndian(entry.AsSpan(40), size);
        return entry;
    }

    static byte[] Notes()
    {
        var notes = new MemoryStream();
        Note(notes, 1, Status(100, MainStack + 0x800));
        Note(notes, 1, Status(101, Stack + 0x2000));
        var info = new byte[136];
        BinaryPrimitives.WriteInt32LittleEndian(info.AsSpan(24), 100);
        "made-up"u8.CopyTo(info.AsSpan(40));
        "/opt/made-up --all"u8.CopyTo(info.AsSpan(56));
        Note(notes, 3, info);
        Note(notes, 6, [.. Words(6, 4096), .. Words(9, Program + 0x10), .. Words(25, MainStack + 0x1000), .. Words(33, Vdso), .. Words(0, 0)]);
        Note(notes, 0x46494c45, [.. Words(1, 4096), .. Words(Program, Program + 0x1000), .. Words(0)[..8], .. "/opt/made-up\0"u8]);
        return notes.ToArray();
    }

    static byte[] Status(int tid, ulong stackPointer)
    {
        var status = new byte[336];
        BinaryPrimitives.WriteInt32LittleEndian(status.AsSpan(32), tid);
        BinaryPrimitives.WriteUInt64LittleEndian(status.AsSpan(112 + 19 * 8), stackPointer);
        return status;
    }

    static byte[] Words(params ulong[] words) => [.. words.SelectMany(BitConverter.GetBytes)];

    static void Note(MemoryStream into, uint kind, byte[] content)
    {
        into.Write(BitConverter.GetBytes(5u));
        into.Write(BitConverter.GetBytes((uint)content.Length));
        into.Write(BitConverter.GetBytes(kind));
        into.Write(Encoding.ASCII.GetBytes("CORE\0\0\0\0"));
        into.Write(content);
        into.Write(new byte[(4 - content.Length % 4) % 4]);
    }
}
