namespace VmAtlas.Capture.Linux.Runtimes.Wine;

/// <summary>What is read of a Windows thread environment block (TEB, 64 bit), one page or more, which holds its own address.</summary>
/// <param name="Bottom">Where the stack's reservation begins.</param>
/// <param name="SystemStack">Where Wine's own stack for the thread's system calls begins; 0 where it is not known.</param>
/// <param name="Process">The process environment block.</param>
readonly record struct ThreadEnvironment(ulong Address, uint Id, ulong Bottom, ulong Top, ulong SystemStack, ulong Process)
{
    const ulong PageBytes = 4096, LargestStack = 1UL << 30, Highest = 1UL << 47;

    // In words: NtTib.StackBase, NtTib.StackLimit, NtTib.Self, ClientId.UniqueThread, ProcessEnvironmentBlock; in bytes: Wine's kernel_stack, DeallocationStack.
    const int StackBase = 1, StackLimit = 2, Self = 6, UniqueThread = 9, Peb = 12, Words = 13;
    const ulong KernelStack = 0x370, DeallocationStack = 0x1478;

    /// <summary>Null where no such block is, or its stack can not be.</summary>
    public static ThreadEnvironment? TryRead(IMemorySource memory, ulong at)
    {
        Span<ulong> head = stackalloc ulong[Words], bottom = stackalloc ulong[1], system = stackalloc ulong[1];
        if (!AnonymousMemory.TryRead(memory, at, head) || head[Self] != at || !AnonymousMemory.TryRead(memory, at + DeallocationStack, bottom))
            return null;
        var (top, limit) = (head[StackBase], head[StackLimit]);
        if (top > Highest || head[Peb] > Highest || bottom[0] >= limit || limit >= top || top - bottom[0] > LargestStack || ((top | bottom[0]) & PageBytes - 1) != 0)
            return null;
        var hasSystem = AnonymousMemory.TryRead(memory, at + KernelStack, system) && system[0] == top;
        return new ThreadEnvironment(at, (uint)head[UniqueThread], bottom[0], top, hasSystem ? top : 0, head[Peb]);
    }
}
