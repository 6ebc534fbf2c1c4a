namespace VmAtlas.Model;

/// <summary>What an event of a trace did to the target's memory.</summary>
public enum TraceOperation : byte
{
    None,

    /// <summary>A block was handed out: <see cref="TraceEvent.Address"/> and <see cref="TraceEvent.Size"/> as asked for. When realloc moved a
    /// block, <see cref="TraceEvent.OldAddress"/> is where it was; a <see cref="Free"/> of that address came before.</summary>
    Allocate,

    /// <summary>A block was given back.</summary>
    Free,

    /// <summary>realloc changed a block's size where it lies; <see cref="TraceEvent.OldAddress"/> is the same address.</summary>
    Resize,

    /// <summary>mmap made a mapping.</summary>
    Map,

    /// <summary>munmap took a range away, which need not be one whole mapping.</summary>
    Unmap,

    /// <summary>mremap: the old range is gone and the new one there, at one moment.</summary>
    Remap,

    /// <summary>mprotect changed the access of a range to <see cref="TraceEvent.Protection"/>.</summary>
    Protect,

    /// <summary>brk or sbrk: the heap's end went from <see cref="TraceEvent.OldAddress"/> to <see cref="TraceEvent.Address"/>.</summary>
    MoveBreak,

    /// <summary>shmat attached shared memory of <see cref="TraceEvent.Size"/> bytes, 0 where it is not known.</summary>
    AttachShared,

    DetachShared,
}
