using System.Buffers.Binary;

namespace VmAtlas.Capture.Windows.Dumps;

/// <summary>The process environment blocks of a dump. It does not name them, but each thread's block does, as far as its memory is there.</summary>
sealed class MinidumpBlocks
{
    const uint WowTebOffset = 0x180C, UsualOffset = 0x2000, MostOffset = 0x10000;

    readonly MemoryRead _read;

    /// <param name="threads">Their environment blocks.</param>
    /// <param name="areNarrow">Those are of 32 bits.</param>
    /// <param name="isWow64">Those are of 64 bits, of a 32-bit process, and have the others beside them.</param>
    public MinidumpBlocks(IEnumerable<ulong> threads, MemoryRead read, bool areNarrow, bool isWow64)
    {
        _read = read;
        foreach (var teb in threads)
        {
            if (!areNarrow && Wide == 0)
                Wide = Word(teb, PebLayout.Wide.Peb, 8);
            if (Narrow == 0 && (areNarrow || isWow64))
                Narrow = NarrowOf(areNarrow ? teb : NarrowBeside(teb));
        }
    }

    public delegate int MemoryRead(ulong address, Span<byte> into);

    /// <summary>The 64-bit one; 0 where it is not known.</summary>
    public ulong Wide { get; }

    /// <summary>The 32-bit one; 0 where there is none, or it is not known.</summary>
    public ulong Narrow { get; }

    /// <summary>TEB.WowTebOffset, from Windows 10 on; before, two pages.</summary>
    ulong NarrowBeside(ulong teb) => unchecked(teb + (Word(teb, WowTebOffset, 4) is > 0 and < MostOffset and var offset ? offset : UsualOffset));

    /// <summary>The 32-bit PEB of a 32-bit thread's block, which has its own address in it.</summary>
    ulong NarrowOf(ulong teb) => Word(teb, PebLayout.Narrow.Self, 4) == teb && teb != 0 ? Word(teb, PebLayout.Narrow.Peb, 4) : 0;

    ulong Word(ulong block, uint offset, int bytes)
    {
        Span<byte> word = stackalloc byte[8];
        word.Clear();
        return _read(unchecked(block + offset), word[..bytes]) == bytes ? BinaryPrimitives.ReadUInt64LittleEndian(word) : 0;
    }
}
