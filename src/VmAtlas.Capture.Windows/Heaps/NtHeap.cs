using System.Buffers.Binary;
using VmAtlas.Capture.Windows.Annotators;
using VmAtlas.Capture.Windows.Calls;
using VmAtlas.Model;

namespace VmAtlas.Capture.Windows.Heaps;

/// <summary>A heap of Windows' own heap manager in a 64-bit process (HEAP of the public symbols of ntdll: Windows 7, 8, 10 and 11).</summary>
/// <remarks>
/// Evidence: two signatures in the heap's header, segments that link back to it, and of each block a checksum and the size of the block before, behind the heap's own
/// encoding. What does not fit ends the reading of that stretch. The low-fragmentation heap keeps its blocks in blocks of the heap that begin with a signature of their own; where the first
/// of them begins is encoded with a secret of the process, so it is taken from where all of them have the mark of such blocks. Wrong for a program that imitates all of that.
/// </remarks>
sealed class NtHeap : SystemHeap
{
    const uint HeapSignature = 0xEEFFEEFF, FrontEndSignature = 0xF0E0D0C0;
    const uint EncodeMaskAt = 0x7C, EncodingAt = 0x80;
    const byte Busy = 1, FrontEndMark = 0x80;
    const int MostFrontEndBlocks = 1 << 16;

    /// <summary>Where HEAP.Signature lies: Windows 8 on, and Windows 7, in which all that follows lies 8 bytes further, too.</summary>
    static readonly uint[] s_signaturesAt = [0x98, 0xA0];

    readonly WindowsTarget _target;
    readonly ulong _encoding, _encodeMask;

    /// <param name="encoding">What headers are combined with.</param>
    /// <param name="encodeMask">A header with this bit is combined with it; one without may be, where its own flag has taken the bit away.</param>
    NtHeap(WindowsTarget target, ulong handle, ulong encoding, ulong encodeMask)
        : base(handle) => (_target, _encoding, _encodeMask) = (target, encoding, encodeMask);

    public override string Kind => SystemHeapReader.Nt;

    public static NtHeap? TryOpen(WindowsTarget target, ulong address)
    {
        foreach (var at in s_signaturesAt)
        {
            if (Word(target, address + 0x10, 4) != HeapHeader.SegmentSignature || Word(target, address + at, 4) != HeapSignature
                || Word(target, address + EncodingAt + 8) is not { } encoding || Word(target, address + EncodeMaskAt, 4) is not { } mask)
                continue;
            var later = at - s_signaturesAt[0];
            return new NtHeap(target, address, mask == 0 ? 0 : encoding, mask)
            {
                Segments = ReadSegments(target, address, address + 0x120 + later),
                LargeBlocks = ReadLargeBlocks(target, address + 0x110 + later),
            };
        }
        return null;
    }

    public override bool TryRead(ReadOnlySpan<byte> header, ulong before, out HeapBlock block)
    {
        block = default;
        if (header.Length < HeaderBytes)
            return false;
        var code = header.U64(8);
        return (code & _encodeMask) == 0 && TryRead(code, before, out block) || TryRead(code ^ _encoding, before, out block);
    }

    /// <summary>Size in units of 16: 2 bytes, flags, checksum of those three, size of the block before: 2 bytes, two more.</summary>
    static bool TryRead(ulong code, ulong before, out HeapBlock block)
    {
        var (units, flags, previous) = (code & 0xffff, code >> 16 & 0xff, code >> 32 & 0xffff);
        block = new HeapBlock(units * 16, (flags & Busy) == 0);
        return units != 0 && ((units ^ units >> 8 ^ flags) & 0xff) == (code >> 24 & 0xff) && (before == 0 || previous * 16 == before);
    }

    /// <summary>HEAP_USERDATA_HEADER: subsegment 8, reserved 8, size index 4, signature 4, offsets 8, then a bitmap with a bit for each block in use: its length in bits, its address.</summary>
    public override IReadOnlyList<HeapBlock>? Inside(HeapWindow window, ulong at, ulong size)
    {
        var header = window.At(at + HeaderBytes, 0x30);
        if (header.Length < 0x30 || header.U32(0x14) != FrontEndSignature)
            return null;
        var (subsegment, bits, bitmap) = (header.U64(0), header.U64(0x20), header.U64(0x28));
        // HEAP_SUBSEGMENT: the header it belongs to at 8, size of a block in units of 16 at 0x24, their number at 0x28.
        if (Word(_target, subsegment + 8) != at + HeaderBytes || Word(_target, subsegment + 0x24, 2) is not (> 0 and var units) || Word(_target, subsegment + 0x28, 2) is not (> 0 and var count)
            || count > MostFrontEndBlocks || bits < count || count * units * 16 > size || FirstBlock(window, at, size, units * 16, count) is not { } first)
            return null;
        var blocks = new HeapBlock[count];
        var busy = new byte[(count + 7) / 8];
        if (_target.Read(new Address(bitmap), busy) < busy.Length)
            return null;
        for (var i = 0UL; i < count; i++)
            blocks[i] = new HeapBlock(units * 16, (busy[i / 8] >> (int)(i % 8) & 1) == 0, first + i * units * 16);
        return blocks;
    }

    /// <summary>The lowest place behind the bitmap from which on every block has the mark.</summary>
    static ulong? FirstBlock(HeapWindow window, ulong at, ulong size, ulong stride, ulong count)
    {
        const ulong mostTries = 64;
        var least = at + HeaderBytes + 0x30 + (count + 63) / 64 * 8;
        least = (least + 15) & ~15UL;
        for (var (first, tries) = (least, 0UL); tries < mostTries && first + count * stride <= at + size; first += 16, tries++)
        {
            var marked = 0UL;
            while (marked < count && window.At(first + marked * stride, HeaderBytes) is { Length: HeaderBytes } block && (block[15] & FrontEndMark) != 0)
                marked++;
            if (marked == count)
                return first;
        }
        return null;
    }

    /// <summary>HEAP_SEGMENT lists, linked by SegmentListEntry at 0x18; FirstEntry at 0x40, LastValidEntry at 0x48. Each link is followed only if it links back.</summary>
    static List<HeapPart> ReadSegments(WindowsTarget target, ulong heap, ulong head)
    {
        const ulong linkAt = 0x18;
        var segments = new List<HeapPart>();
        foreach (var link in Ring(target, head))
        {
            var segment = link - linkAt;
            if (Word(target, segment + 0x10, 4) == HeapHeader.SegmentSignature && Word(target, segment + 0x28) == heap
                && Word(target, segment + 0x40) is { } first && Word(target, segment + 0x48) is { } end && first > segment && first < end && (first & 15) == 0)
                segments.Add(new HeapPart(first, end));
        }
        return segments;
    }

    /// <summary>HEAP_VIRTUAL_ALLOC_ENTRY: reserved bytes at 0x28, the block's header at 0x30.</summary>
    static List<HeapPart> ReadLargeBlocks(WindowsTarget target, ulong head)
    {
        var blocks = new List<HeapPart>();
        foreach (var entry in Ring(target, head))
        {
            if (Word(target, entry + 0x28) is { } reserved and > 0x40 and < 1UL << 46 && (entry & 0xfff) == 0)
                blocks.Add(new HeapPart(entry + 0x30, entry + reserved));
        }
        return blocks;
    }
}
