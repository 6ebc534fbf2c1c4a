using System.Buffers.Binary;
using VmAtlas.Model;

namespace VmAtlas.Capture.Windows.Heaps;

/// <summary>A stretch of a heap with blocks in it.</summary>
/// <param name="Start">Where the first block begins.</param>
/// <param name="End">Where the last one ends.</param>
readonly record struct HeapPart(ulong Start, ulong End);

/// <summary>A heap of one layout. Blocks are counted from 16 bytes before what the program gets, as those of malloc: their headers are the 8 bytes right before that.</summary>
abstract class SystemHeap(ulong handle)
{
    /// <summary>Bytes from a block's begin to the program's.</summary>
    public const int HeaderBytes = 16;

    const int MostParts = 1 << 16;

    /// <summary>Its handle.</summary>
    public ulong Handle => handle;

    /// <summary>"NT heap" or "Wine heap".</summary>
    public abstract string Kind { get; }

    public required IReadOnlyList<HeapPart> Segments { get; init; }

    /// <summary>Blocks so large that each is an allocation of its own.</summary>
    public required IReadOnlyList<HeapPart> LargeBlocks { get; init; }

    /// <summary>Reads a block's header; false when it is none.</summary>
    /// <param name="header">The 16 bytes before the program's.</param>
    /// <param name="before">Size of the block before; 0 where that is not known.</param>
    public abstract bool TryRead(ReadOnlySpan<byte> header, ulong before, out HeapBlock block);

    /// <summary>The blocks that a front end keeps in one of the heap's own; null where it has none there.</summary>
    /// <param name="at">The block.</param>
    public abstract IReadOnlyList<HeapBlock>? Inside(HeapWindow window, ulong at, ulong size);

    /// <summary>The links of a doubly linked list behind its head. Each is followed only if it links back.</summary>
    protected static IEnumerable<ulong> Ring(WindowsTarget target, ulong head)
    {
        var at = head;
        for (var i = 0; i < MostParts && Word(target, at) is { } next && next != head && Word(target, unchecked(next + 8)) == at; i++)
            yield return at = next;
    }

    protected static ulong? Word(WindowsTarget target, ulong address, int bytes = 8)
    {
        Span<byte> word = stackalloc byte[8];
        word.Clear();
        return target.Read(new Address(address), word[..bytes]) == bytes ? BinaryPrimitives.ReadUInt64LittleEndian(word) : null;
    }
}

/// <summary>One block. Where it lies counts only for those within another.</summary>
readonly record struct HeapBlock(ulong Size, bool IsFree, ulong At = 0);
