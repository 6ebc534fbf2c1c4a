using System.Buffers.Binary;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Annotators.Stacks;

/// <summary>Stacks of ended threads that glibc keeps for new ones.</summary>
/// <remarks>
/// The stacks in use are a ring through their control blocks and one head in ld.so's data. Behind that head lie the head of the stacks that
/// programs made, the head of the cache, and the sum of the cached sizes (<c>_dl_stack_used</c>, <c>_dl_stack_user</c>,
/// <c>_dl_stack_cache</c>, <c>_dl_stack_cache_actsize</c>; glibc 2.34 and later). The proof is that sum: nothing is claimed unless the blocks
/// found in the cache add up to it. So a cache that changes while it is read is not shown.
/// </remarks>
static class CachedStacks
{
    const int MaxCached = 4096;

    public static IReadOnlyList<StackBlock> Find(IMemorySource memory, IReadOnlyCollection<ThreadControlBlock> threads, ulong page)
    {
        var nodes = threads.Select(t => t.Node).ToHashSet();
        var heads = threads.SelectMany(t => (ulong[])[t.Next, t.Previous]).Where(n => !nodes.Contains(n) && n % 8 == 0 && n < ulong.MaxValue - 64).Distinct();
        foreach (var head in heads.Take(4))
        {
            // The ring is that of glibc's own stacks, or of the program's, whose head is the one behind.
            foreach (var cache in (ReadOnlySpan<ulong>)[head + 32, head + 16])
            {
                if (Walk(memory, cache, page) is { Count: > 0 } found)
                    return found;
            }
        }
        return [];
    }

    static List<StackBlock>? Walk(IMemorySource memory, ulong head, ulong page)
    {
        Span<byte> words = stackalloc byte[24];
        if (memory.Read(new Address(head), words) < words.Length)
            return null;
        var next = BinaryPrimitives.ReadUInt64LittleEndian(words);
        var sum = BinaryPrimitives.ReadUInt64LittleEndian(words[16..]);
        var found = new List<StackBlock>();
        while (next != head)
        {
            // The robust list head lies 32 bytes above the link.
            if (found.Count == MaxCached || next > ulong.MaxValue - 64 || ThreadControlBlock.TryRead(memory, next + 32, page) is not { Tid: <= 0 } block)
                return null;
            found.Add(block.Stack);
            next = block.Next;
        }
        return found.Aggregate(0UL, (total, stack) => total + stack.Size) == sum ? found : null;
    }
}
