using System.Buffers.Binary;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Annotators.Stacks;

/// <summary>What is read of glibc's <c>struct pthread</c>, which lies at the top of its thread's stack.</summary>
/// <param name="Tid">The thread id it holds, in the thread's own pid namespace; 0 once the thread has ended.</param>
/// <param name="Node">Address of its link in the list of stacks.</param>
/// <param name="Next">The next link of that list.</param>
/// <param name="Previous">The one before.</param>
readonly record struct ThreadControlBlock(int Tid, ulong Node, ulong Next, ulong Previous, StackBlock Stack)
{
    /// <summary>Bytes read before and after the robust list head.</summary>
    const int Before = 32, After = 1664, Length = Before + After;

    /// <summary>PTHREAD_STACK_MIN is 16 KiB; no limit is documented above, so this is far beyond what anyone asks for.</summary>
    const ulong SmallestStack = 16 << 10, LargestStack = 1UL << 36;

    /// <summary>From the robust list head to the end of the stack: the rest of the struct, and on some architectures static TLS.</summary>
    const ulong MostAbove = 1 << 20;

    /// <summary>Where the four words that tell of the stack can lie at the earliest, from the robust list head on, and how long they are.</summary>
    const int FirstOffset = 24, StackWords = 32;

    /// <summary>How many are read at once: their bytes stay in the processor's cache, and below what the collector calls a large object.</summary>
    const int AtOnce = 48;

    /// <summary>Reads the blocks around plausible robust list heads, ascending; null for those where what lies there does not have its shape.</summary>
    public static ThreadControlBlock?[] Read(IMemorySource memory, ReadOnlySpan<ulong> heads, ulong page)
    {
        var blocks = new ThreadControlBlock?[heads.Length];
        Span<ulong> places = stackalloc ulong[AtOnce];
        Span<int> got = stackalloc int[AtOnce];
        var bytes = new byte[AtOnce * Length];
        var likely = FirstOffset;
        for (var first = 0; first < heads.Length; first += AtOnce)
        {
            var count = Math.Min(AtOnce, heads.Length - first);
            for (var i = 0; i < count; i++)
                places[i] = heads[first + i] - Before;
            memory.ReadEach(places[..count], Length, bytes, got);
            for (var i = 0; i < count; i++)
                blocks[first + i] = Parse(bytes.AsSpan(i * Length, got[i]), heads[first + i], page, ref likely);
        }
        return blocks;
    }

    /// <summary>
    /// Reads the block around a robust list head, or null when what lies there does not have its shape.
    /// </summary>
    /// <remarks>
    /// glibc keeps { link in the list of stacks (16 bytes), tid, …, robust list head } together, since before 2.10 on every 64-bit
    /// architecture: the tid lies 16 bytes, the link 32 bytes below the head. Further up come stackblock, stackblock_size, guardsize and
    /// reported_guardsize, neighbouring words at an offset that differs between versions and is found by shape: the head lies
    /// inside that block, near its end. Wrong only if four words of this shape with these bounds stood there by chance. A block that begins at address 0
    /// is none: under Wine, whose addresses are low, a pointer between zeros would look like the size of one.
    /// </remarks>
    public static ThreadControlBlock? TryRead(IMemorySource memory, ulong head, ulong page)
    {
        if (!IsPlausible(head))
            return null;
        Span<byte> bytes = stackalloc byte[Length];
        var likely = FirstOffset;
        return Parse(bytes[..memory.Read(new Address(head - Before), bytes)], head, page, ref likely);
    }

    /// <summary>Whether an address could be a robust list head's at all; the highest of user space is far below the limit everywhere.</summary>
    public static bool IsPlausible(ulong head) => head >= Before && head % 8 == 0 && head < 1UL << 57;

    static ThreadControlBlock? Parse(ReadOnlySpan<byte> bytes, ulong head, ulong page, ref int likely)
    {
        if (bytes.Length <= Before)
            return null;
        var tid = BinaryPrimitives.ReadInt32LittleEndian(bytes[(Before - 16)..]);
        if (FindStack(bytes[Before..], head, page, ref likely) is not { } stack)
            return null;
        return new ThreadControlBlock(tid, head - Before, Word(bytes, 0), Word(bytes, 8), stack);
    }

    /// <param name="likely">Where the words lay in the block before: one process has one C library, so they are looked for there first.</param>
    static StackBlock? FindStack(ReadOnlySpan<byte> bytes, ulong head, ulong page, ref int likely)
    {
        if (StackAt(bytes, likely, head, page) is { } expected)
            return expected;
        for (var at = FirstOffset; at + StackWords <= bytes.Length; at += 8)
        {
            if (StackAt(bytes, at, head, page) is not { } found)
                continue;
            likely = at;
            return found;
        }
        return null;
    }

    static StackBlock? StackAt(ReadOnlySpan<byte> bytes, int at, ulong head, ulong page)
    {
        if (at + StackWords > bytes.Length)
            return null;
        var (start, size, guard, reported) = (Word(bytes, at), Word(bytes, at + 8), Word(bytes, at + 16), Word(bytes, at + 24));
        var fits = size is >= SmallestStack and <= LargestStack && start >= page && start % 16 == 0 && start <= head && head - start < size
            && size - (head - start) <= MostAbove && guard < size && guard % page == 0 && reported <= guard + page;
        return fits ? new StackBlock(start, size, guard) : null;
    }

    static ulong Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
