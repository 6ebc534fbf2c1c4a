using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>Reads single words here and there, as following a list of free chunks does, through blocks: one call a link would cost ten
/// times as much.</summary>
/// <remarks>What is cached may be old. The cache holds at most 32 MiB.</remarks>
sealed class WordCache
{
    /// <summary>For words all over the place.</summary>
    public const int Scattered = 1 << 14;

    /// <summary>For lists that run through a heap from end to end; as many pages as a word has bits.</summary>
    public const int Sweeping = 1 << 18;

    const int PageBytes = 4096;
    const int MaxBytes = 32 << 20;

    struct Slot
    {
        public ulong Block;
        public ulong Pages;
        public byte[]? Bytes;
    }

    readonly IMemorySource _memory;
    readonly int _blockBytes;
    readonly Slot[] _slots;

    public WordCache(IMemorySource memory, int blockBytes) =>
        (_memory, _blockBytes, _slots) = (memory, blockBytes, new Slot[MaxBytes / blockBytes]);

    public ulong BlockOf(ulong address) => address / (ulong)_blockBytes;

    /// <summary>The 8 bytes at an address that is a multiple of 8; false where that page is absent.</summary>
    public bool TryRead(ulong address, out ulong word)
    {
        var block = BlockOf(address);
        ref var slot = ref _slots[block % (ulong)_slots.Length];
        if (slot.Block != block || slot.Bytes is null)
            Fill(ref slot, block);
        var offset = (int)(address % (ulong)_blockBytes) & ~7;
        if ((slot.Pages >> offset / PageBytes & 1) == 0)
        {
            word = 0;
            return false;
        }
        word = MemoryMarshal.Read<ulong>(slot.Bytes.AsSpan(offset));
        return true;
    }

    void Fill(ref Slot slot, ulong block)
    {
        slot.Bytes ??= GC.AllocateUninitializedArray<byte>(_blockBytes);
        (slot.Block, slot.Pages) = (block, 0);
        for (var offset = 0; offset < _blockBytes;)
        {
            var got = _memory.Read(new Address(block * (ulong)_blockBytes + (ulong)offset), slot.Bytes.AsSpan(offset));
            for (var page = offset / PageBytes; page < (offset + got) / PageBytes; page++)
                slot.Pages |= 1UL << page;
            offset += got / PageBytes * PageBytes + PageBytes;
        }
    }
}
