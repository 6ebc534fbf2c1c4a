using System.Buffers.Binary;
using System.Text;

namespace VmAtlas.Capture.Windows.Tests.MadeUp;

/// <summary>Makes a minidump of a process that never was: an image, a heap, a thread with its stack.</summary>
static class MinidumpMaker
{
    public const ulong Image = 0x140000000, Teb = 0x110000, Peb = 0x112000, Stack = 0x200000, Heap = 0x300000;
    public const uint Written = 1_700_000_100;

    /// <summary>A small dump, as crash handlers write them: the images, and of the memory only what the thread's stack has from its stack pointer on.</summary>
    /// <param name="architecture">PROCESSOR_ARCHITECTURE_*</param>
    /// <param name="block">The thread's environment block, where it is in the dump.</param>
    public static byte[] MakeSmall(byte architecture, uint platform = 2, byte[]? block = null, string image = "small.exe")
    {
        const uint stackBytes = 0x1800, used = 0xE80;
        const ulong stackPointer = Stack + stackBytes - used;
        var (stack, teb) = (new byte[used], block ?? []);
        const int at = 32 + 4 * 12;
        var thread = new byte[4 + 48];
        var list = new byte[4 + 16 * (block is null ? 1 : 2)];
        byte[][] streams =
        [
            thread, [architecture, 0, .. new byte[6], .. Ints(6, 1, 7600, platform)], list,
            Module(nameAt: 0, architecture == 0 ? 0x400000 : Image),
        ];
        var streamAt = new int[streams.Length + 1];
        streamAt[0] = at;
        for (var i = 0; i < streams.Length; i++)
            streamAt[i + 1] = streamAt[i] + streams[i].Length;
        var name = Encoding.Unicode.GetBytes($@"C:\made\{image}");
        var (stackAt, tebAt) = (streamAt[^1], streamAt[^1] + stack.Length);
        Ints(1, 77).CopyTo(thread, 0);
        Words(Teb, stackPointer).CopyTo(thread, 4 + 16);
        Ints(used, (uint)stackAt).CopyTo(thread, 4 + 32);
        Ints((uint)(list.Length / 16)).CopyTo(list, 0);
        Words(stackPointer).CopyTo(list, 4);
        Ints(used, (uint)stackAt).CopyTo(list, 12);
        if (block is not null)
        {
            Words(Teb).CopyTo(list, 20);
            Ints((uint)teb.Length, (uint)tebAt).CopyTo(list, 28);
        }
        BinaryPrimitives.WriteInt32LittleEndian(streams[3].AsSpan(24), tebAt + teb.Length);
        uint[] kinds = [3, 7, 5, 4];
        return
        [
            .. "MDMP"u8, .. Ints(0xa793, (uint)streams.Length, 32, 0, Written, 0, 0),
            .. kinds.SelectMany((kind, i) => Ints(kind, (uint)streams[i].Length, (uint)streamAt[i])),
            .. streams.SelectMany(s => s), .. stack, .. teb, .. Ints((uint)name.Length), .. name,
        ];
    }

    public static byte[] Make(bool withInfo = true)
    {
        (ulong Start, uint Size, uint Protection, uint Kind)[] ranges =
        [
            (Teb, 0x3000, 4, 0x20000), (Stack, 0x4000, 4, 0x20000), (Heap, 0x2000, 4, 0x20000), (Image, 0x2000, 0x20, 0x1000000),
        ];
        var memory = ranges.Select(r => new byte[r.Size]).ToArray();
        Put(memory[0], 8, Stack + 0x4000);
        Put(memory[0], 0x10, Stack + 0x1000);
        Put(memory[0], 0x60, Peb);
        Put(memory[0], 0x1478, Stack);
        Put(memory[0], 0x2030, Heap);
        Put(memory[2], 0x10, 0xFFEEFFEE);
        Encoding.ASCII.GetBytes("a text in the heap").CopyTo(memory[2], 0x100);
        const int StreamCount = 6;
        var name = Encoding.Unicode.GetBytes(@"C:\made\up.exe");
        var nameAt = 32 + StreamCount * 12;
        var streams = new List<(uint Kind, byte[] Bytes)>
        {
            (3, [.. BitConverter.GetBytes(1u), .. Words(77, 0, Teb, 0, 0, 0)[..48]]),
            (4, Module((uint)nameAt)),
            (7, [9, 0, .. new byte[6], .. BitConverter.GetBytes(10u), .. BitConverter.GetBytes(0u), .. BitConverter.GetBytes(19045u)]),
            (15, [.. BitConverter.GetBytes(24u), .. BitConverter.GetBytes(3u), .. BitConverter.GetBytes(4712u), .. BitConverter.GetBytes(1_700_000_000u), .. new byte[8]]),
            (withInfo ? 16u : 99u, [.. BitConverter.GetBytes(16u), .. BitConverter.GetBytes(48u), .. Words((ulong)ranges.Length),
                .. ranges.SelectMany(r => Words(r.Start, r.Start, r.Protection, r.Size, 0x1000 | (ulong)r.Protection << 32, r.Kind))]),
        };
        var at = nameAt + 4 + name.Length + 2;
        var memoryAt = (ulong)(at + streams.Sum(s => s.Bytes.Length) + 16 + ranges.Length * 16);
        streams.Add((9, [.. Words((ulong)ranges.Length, memoryAt), .. ranges.SelectMany(r => Words(r.Start, r.Size))]));
        var dump = new MemoryStream();
        dump.Write([.. "MDMP"u8, .. BitConverter.GetBytes(0xa793u), .. BitConverter.GetBytes((uint)StreamCount), .. BitConverter.GetBytes(32u), .. new byte[16]]);
        foreach (var (kind, bytes) in streams)
        {
            dump.Write([.. BitConverter.GetBytes(kind), .. BitConverter.GetBytes((uint)bytes.Length), .. BitConverter.GetBytes((uint)at)]);
            at += bytes.Length;
        }
        dump.Write([.. BitConverter.GetBytes((uint)name.Length), .. name, 0, 0]);
        foreach (var bytes in streams.Select(s => s.Bytes).Concat(memory))
            dump.Write(bytes);
        return dump.ToArray();
    }

    static byte[] Module(uint nameAt, ulong start = Image)
    {
        var list = new byte[4 + 108];
        BinaryPrimitives.WriteUInt32LittleEndian(list, 1);
        BinaryPrimitives.WriteUInt64LittleEndian(list.AsSpan(4), start);
        BinaryPrimitives.WriteUInt32LittleEndian(list.AsSpan(12), 0x2000);
        BinaryPrimitives.WriteUInt32LittleEndian(list.AsSpan(24), nameAt);
        return list;
    }

    static void Put(byte[] memory, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(memory.AsSpan(at), value);

    static byte[] Ints(params uint[] numbers) => [.. numbers.SelectMany(BitConverter.GetBytes)];

    static byte[] Words(params ulong[] words) => [.. words.SelectMany(BitConverter.GetBytes)];
}
