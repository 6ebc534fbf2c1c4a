using System.Buffers.Binary;
using VmAtlas.Capture.Windows.Calls;

namespace VmAtlas.Capture.Windows.Dumps;

/// <summary>The ranges of a minidump as VirtualQueryEx would have told them: MINIDUMP_MEMORY_INFO has the same layout.</summary>
/// <remarks>A dump without that list knows less: its images and the memory it has are then ranges of their own, with no protection that is known
/// (Read/Write is said), and the rest is taken for free.</remarks>
sealed class MinidumpRanges
{
    const int InfoBytes = 48, MostRanges = 1 << 22;
    const uint Commit = 0x1000, Free = 0x10000, Private = 0x20000, Image = 0x1000000, ReadWrite = 4;

    readonly List<byte[]> _ranges = [];
    readonly List<ulong> _starts = [];

    public int Count => _ranges.Count;

    /// <summary>The address behind the last one.</summary>
    public ulong End => Count == 0 ? 0 : EndOf(Count - 1);

    /// <summary>The dump lists them.</summary>
    public bool AreTold { get; private set; }

    public static MinidumpRanges Read(MinidumpFile file, DumpedMemory[] memory, MinidumpModules modules)
    {
        var ranges = new MinidumpRanges();
        ReadOnlySpan<byte> list = file.Stream(MinidumpFile.MemoryInfoList);
        if (list.Length >= 16)
            ranges.Take(list);
        ranges.AreTold = ranges.Count > 0;
        if (!ranges.AreTold)
            ranges.MakeUp(memory, modules);
        return ranges;
    }

    /// <summary>The range an address lies in; a free one where none is told.</summary>
    public int Answer(ulong address, Span<byte> answer)
    {
        var at = _starts.BinarySearch(address);
        at = at < 0 ? ~at - 1 : at;
        if (at >= 0 && address < EndOf(at))
        {
            _ranges[at].CopyTo(answer);
            return InfoBytes;
        }
        if (at + 1 >= _ranges.Count)
            return 0;
        var (start, end) = (at < 0 ? 0 : EndOf(at), _starts[at + 1]);
        Write(answer, start, 0, end - start, Free, 1, 0);
        return InfoBytes;
    }

    ulong EndOf(int index) => _starts[index] + ((ReadOnlySpan<byte>)_ranges[index]).U64(24);

    /// <summary>MINIDUMP_MEMORY_INFO_LIST: sizes of its header and entries, and how many.</summary>
    void Take(ReadOnlySpan<byte> list)
    {
        var (header, entry, count) = (list.U32(0), list.U32(4), list.U64(8));
        if (header < 16 || header > list.Length || entry < InfoBytes || entry > 1024)
            return;
        var end = 0UL;
        for (long at = header; at + InfoBytes <= list.Length && (ulong)_ranges.Count < Math.Min(count, MostRanges); at += entry)
        {
            var info = list.Slice((int)at, InfoBytes);
            var (start, size) = (info.U64(0), info.U64(24));
            if (size == 0 || start < end || start > ulong.MaxValue - size)
                continue;
            _ranges.Add(info.ToArray());
            _starts.Add(start);
            end = start + size;
        }
    }

    void MakeUp(DumpedMemory[] memory, MinidumpModules modules)
    {
        const ulong Page = 4096;
        var pieces = modules.Ranges.Select(r => (r.Start, r.End, Kind: Image))
            .Concat(memory.Select(m => (Start: m.Start & ~(Page - 1), End: (m.Start + m.Size + Page - 1) & ~(Page - 1), Kind: Private)))
            .OrderBy(p => p.Start).ThenBy(p => p.Kind == Private);
        var end = 0UL;
        foreach (var piece in pieces)
        {
            var start = Math.Max(piece.Start, end);
            if (piece.End <= start)
                continue;
            var info = new byte[InfoBytes];
            Write(info, start, start, piece.End - start, Commit, ReadWrite, piece.Kind);
            _ranges.Add(info);
            _starts.Add(start);
            end = piece.End;
        }
    }

    static void Write(Span<byte> info, ulong start, ulong allocation, ulong size, uint state, uint protection, uint kind)
    {
        info[..InfoBytes].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(info, start);
        BinaryPrimitives.WriteUInt64LittleEndian(info[8..], allocation);
        BinaryPrimitives.WriteUInt64LittleEndian(info[24..], size);
        BinaryPrimitives.WriteUInt32LittleEndian(info[32..], state);
        BinaryPrimitives.WriteUInt32LittleEndian(info[36..], protection);
        BinaryPrimitives.WriteUInt32LittleEndian(info[40..], kind);
    }
}
