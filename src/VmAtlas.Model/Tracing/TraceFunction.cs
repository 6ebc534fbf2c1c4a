namespace VmAtlas.Model;

/// <summary>The function the target called. The numbers are the agent's and are kept in files: new ones go to the end.</summary>
/// <remarks>An allocator's own spelling (<c>je_malloc</c>, <c>mi_free</c>, <c>tc_new</c>) counts as the function it stands for. Where libstdc++'s
/// operator new calls malloc, the event is malloc's and operator new is the first frame of its stack.</remarks>
public enum TraceFunction : byte
{
    None,
    Malloc,
    Calloc,
    Realloc,
    Reallocarray,
    PosixMemalign,
    AlignedAlloc,
    Memalign,
    Valloc,
    Pvalloc,
    Free,
    OperatorNew,
    OperatorNewArray,
    OperatorDelete,
    OperatorDeleteArray,
    Mmap,
    Munmap,
    Mremap,
    Mprotect,
    Brk,
    Sbrk,
    Shmat,
    Shmdt,

    /// <summary>An object of a managed language was made.</summary>
    ManagedNew,
}
