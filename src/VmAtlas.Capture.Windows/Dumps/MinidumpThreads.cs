using System.Buffers.Binary;
using System.Runtime.InteropServices;
using VmAtlas.Capture.Windows.Calls;

namespace VmAtlas.Capture.Windows.Dumps;

/// <summary>MINIDUMP_THREAD_LIST: ids, where their environment blocks are, and what is saved of their stacks.</summary>
sealed class MinidumpThreads
{
    const int EntryBytes = 48, MostThreads = 1 << 16;

    readonly Dictionary<uint, ulong> _blocks = [];
    readonly Dictionary<uint, ulong> _stacks = [];

    public IEnumerable<ulong> Blocks => _blocks.Values;

    public static MinidumpThreads Read(MinidumpFile file)
    {
        var threads = new MinidumpThreads();
        ReadOnlySpan<byte> list = file.Stream(MinidumpFile.ThreadList);
        for (var at = 4; at + EntryBytes <= list.Length && threads._blocks.Count < Math.Min(list.U32(0), MostThreads); at += EntryBytes)
        {
            threads._blocks.TryAdd(list.U32(at), list.U64(at + 16));
            if (list.U32(at + 32) > 0)
                threads._stacks.TryAdd(list.U32(at), list.U64(at + 24));
        }
        return threads;
    }

    /// <summary>The lowest address that is saved of a thread's stack: where its stack pointer was.</summary>
    public ulong? StackOf(uint id) => _stacks.TryGetValue(id, out var start) ? start : null;

    public int Ids(Span<byte> answer)
    {
        var ids = MemoryMarshal.Cast<byte, uint>(answer);
        var count = 0;
        foreach (var id in _blocks.Keys.Take(ids.Length))
            ids[count++] = id;
        return count * 4;
    }

    /// <summary>THREAD_BASIC_INFORMATION with the environment block.</summary>
    public int Basic(uint id, Span<byte> answer)
    {
        if (answer.Length < 48 || !_blocks.TryGetValue(id, out var block))
            return 0;
        answer[..48].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(answer[8..], block);
        return 48;
    }
}
