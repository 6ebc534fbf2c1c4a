using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>Reads single words here and there, as following a list of free chunks does, through blocks of 64 KiB: one call a link would
/// cost ten times as much.</summary>
/// <remarks>What is cached may be old. <see cref="Forget"/> before reading what must be fresh.</remarks>
sealed class WordCache(IMemorySource memory)
{
    const int BlockBytes = 1 << 16;
    const int PageBytes = 4096;
    const int Slots = 512;

    struct Slot
    {
        public ulong Block;
        public int Pages;
        public byte[]? Bytes;
    }

    readonly Slot[] _slots = new Slot[Slots];

    /// <summary>The 8 bytes at an address that is a multiple of 8; false where that page is absent.</summary>
    public bool TryRead(ulong address, out ulong word)
    {
        var block = address / BlockBytes;
        ref var slot = ref _slots[block % Slots];
        if (slot.Block != block || slot.Bytes is null)
            Fill(ref slot, block);
        var offset = (int)(address % BlockBytes) & ~7;
        if ((slot.Pages >> offset / PageBytes & 1) == 0)
        {
            word = 0;
            return false;
        }
        word = MemoryMarshal.Read<ulong>(slot.Bytes.AsSpan(offset));
        return true;
    }

    public void Forget()
    {
        foreach (ref var slot in _slots.AsSpan())
            slot.Block = ulong.MaxValue;
    }

    void Fill(ref Slot slot, ulong block)
    {
        slot.Bytes ??= GC.AllocateUninitializedArray<byte>(BlockBytes);
        (slot.Block, slot.Pages) = (block, 0);
        for (var offset = 0; offset < BlockBytes;)
        {
            var got = memory.Read(new Address(block * BlockBytes + (ulong)offset), slot.Bytes.AsSpan(offset));
            for (var page = offset / PageBytes; page < (offset + got) / PageBytes; page++)
                slot.Pages |= 1 << page;
            offset += got / PageBytes * PageBytes + PageBytes;
        }
    }
}
