using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>Which mappings malloc could be in.</summary>
static class HeapMappings
{
    const Protection ReadWrite = Protection.Read | Protection.Write;

    /// <summary>How far the break is believed to move between a look at the mappings and one at the heap.</summary>
    const ulong MaxBreakGrowth = 256 << 20;

    /// <summary>The private anonymous readable and writable mapping that holds an address, or -1.</summary>
    public static int Holding(BlockTable mappings, ulong address)
    {
        var row = mappings.IndexOf(new Address(address));
        return row >= 0 && IsAnonymous(mappings, row) ? row : -1;
    }

    /// <summary>Whether an address lies where a heap may have grown to since the mappings were read: in what is reserved right behind one, or behind
    /// the program's break.</summary>
    public static bool HasRoomFor(BlockTable mappings, int breakRow, ulong address)
    {
        var row = mappings.IndexOf(new Address(address));
        if (row < 0)
            return breakRow >= 0 && address >= mappings.Ends[breakRow] && address - RunEnd(mappings, breakRow) < MaxBreakGrowth;
        return row > 0 && mappings.Inodes[row] == 0 && !mappings.Protections[row].IsAccessible() && !mappings.Protections[row].IsShared()
            && mappings.Starts[row] == mappings.Ends[row - 1] && IsAnonymous(mappings, row - 1);
    }

    /// <summary>The end of the private anonymous read-write memory that goes on from a row without a gap: advice and locks on a part of a heap
    /// split its mapping, not the heap.</summary>
    public static ulong RunEnd(BlockTable mappings, int row)
    {
        while (row + 1 < mappings.Count && mappings.Starts[row + 1] == mappings.Ends[row] && IsAnonymous(mappings, row + 1)
            && mappings.Names[row + 1] == mappings.Names[row])
            row++;
        return mappings.Ends[row];
    }

    public static bool IsAnonymous(BlockTable mappings, int row) =>
        mappings.Inodes[row] == 0 && IsPrivateReadWrite(mappings.Protections[row]);

    /// <summary>The row of <c>[heap]</c>, or -1. The kernel gives the name to every mapping in the break's range; the first one counts.</summary>
    public static int Break(BlockTable mappings, StringTable strings)
    {
        var inodes = mappings.Inodes;
        var names = mappings.Names;
        for (var i = 0; i < inodes.Length; i++)
        {
            if (inodes[i] == 0 && names[i] != 0 && strings.Utf8(mappings.Names[i]).SequenceEqual("[heap]"u8) && IsAnonymous(mappings, i))
                return i;
        }
        return -1;
    }

    /// <summary>Private writable file mappings: those of libc first, since the main arena is nearly always there.</summary>
    public static List<int> WritableData(BlockTable mappings, StringTable strings)
    {
        List<int> libc = [], other = [];
        var inodes = mappings.Inodes;
        var protections = mappings.Protections;
        for (var i = 0; i < inodes.Length; i++)
        {
            if (inodes[i] != 0 && IsPrivateReadWrite(protections[i]))
                (IsLibc(strings.Utf8(mappings.Names[i])) ? libc : other).Add(i);
        }
        libc.AddRange(other);
        return libc;
    }

    /// <summary>The words of a range; absent pages are zeros.</summary>
    public static ulong[] ReadWords(IMemorySource memory, AddressRange range)
    {
        var words = new ulong[range.Size.Bytes / 8];
        var bytes = MemoryMarshal.AsBytes(words.AsSpan());
        for (var done = 0; done < bytes.Length;)
        {
            var got = memory.Read(new Address(range.Start.Value + (ulong)done), bytes[done..]);
            done += Math.Max(4096, got);
        }
        return words;
    }

    static bool IsPrivateReadWrite(Protection protection) =>
        (protection & ReadWrite) == ReadWrite && !protection.IsShared();

    /// <summary>libc.so.6, libc-2.31.so.</summary>
    static bool IsLibc(ReadOnlySpan<byte> path)
    {
        var file = path[(path.LastIndexOf((byte)'/') + 1)..];
        return file.StartsWith("libc.so"u8) || file.StartsWith("libc-"u8);
    }
}
