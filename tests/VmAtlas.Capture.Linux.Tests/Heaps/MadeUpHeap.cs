using System.Runtime.InteropServices;
using VmAtlas.Capture.Linux.Heaps;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Capture.Linux.Tests.Heaps;

/// <summary>A libc's data and a [heap] made word by word, to plant in them what no honest program has.</summary>
sealed class MadeUpHeap : IMemorySource
{
    public const ulong LibcStart = 0x7f0000000000, HeapStart = 0x555500000000, TopField = LibcStart + 0xc60;
    public const ulong LibcBytes = 0x4000;

    /// <summary>Reads answered: a walk that never ends is seen by it.</summary>
    public int Reads { get; private set; }

    public ulong[] Libc { get; } = new ulong[LibcBytes / 8];

    public ulong[] Heap { get; }

    public StringTable Strings { get; } = new();

    /// <param name="chunks">Sizes of the chunks in use, in order; what is left is the top.</param>
    public MadeUpHeap(int pages, params ulong[] chunks)
    {
        Heap = new ulong[pages * 512];
        var at = 0UL;
        foreach (var size in chunks)
        {
            this[HeapStart + at + 8] = size | 1;
            at += size;
        }
        this[HeapStart + at + 8] = (ulong)pages * 4096 - at | 1;
        this[TopField] = HeapStart + at;
        for (var bin = 0; bin < ArenaHeader.Bins; bin++)
        {
            var empty = ArenaHeader.BinChunk(TopField, bin);
            (this[empty + 16], this[empty + 24]) = (empty, empty);
        }
        this[TopField + ArenaHeader.Next] = TopField - 96;
        this[TopField + ArenaHeader.SystemMemory] = (ulong)pages * 4096;
    }

    public ref ulong this[ulong address]
    {
        get
        {
            if (address >= LibcStart)
                return ref Libc[(address - LibcStart) / 8];
            return ref Heap[(address - HeapStart) / 8];
        }
    }

    public BlockTable Mappings
    {
        get
        {
            var table = new BlockTable();
            var heap = table.Add(HeapStart, HeapStart + (ulong)Heap.Length * 8);
            table.SetProtection(heap, Protection.Read | Protection.Write);
            table.SetName(heap, Strings.Intern("[heap]"));
            var libc = table.Add(LibcStart, LibcStart + LibcBytes);
            table.SetProtection(libc, Protection.Read | Protection.Write);
            table.SetFile(libc, 1, 42, 0);
            table.SetName(libc, Strings.Intern("/usr/lib/libc.so.6"));
            return table;
        }
    }

    public HeapReport? Report() => GlibcHeapReader.Read(Mappings, Strings, this, new HeapReadOptions { Chunks = true });

    public int Read(Address start, Span<byte> into)
    {
        Reads++;
        var (words, from) = start.Value >= LibcStart ? (Libc, LibcStart) : (Heap, HeapStart);
        var bytes = MemoryMarshal.AsBytes(words.AsSpan());
        if (start.Value < from || start.Value - from >= (ulong)bytes.Length)
            return 0;
        bytes = bytes[(int)(start.Value - from)..];
        var length = Math.Min(bytes.Length, into.Length);
        bytes[..length].CopyTo(into);
        return length;
    }
}
