namespace VmAtlas.Formats.Etl;

/// <summary>What an operation did: the types of the kernel's events.</summary>
enum EtlOperationKind : byte
{
    Alloc = 33,
    Realloc = 34,
    DestroyHeap = 35,
    Free = 36,
    VirtualAlloc = 98,
    VirtualFree = 99,
}

/// <summary>One operation of a log on memory.</summary>
/// <param name="Old">Where a block was before; of an operation on the heap only.</param>
/// <param name="Heap">The heap's handle; of VirtualAlloc and VirtualFree the flags.</param>
readonly record struct EtlOperation(EtlOperationKind Kind, long Time, int Process, int Thread, ulong Address, ulong Size, ulong Old, ulong Heap)
{
    /// <summary>Larger ones are none: so a log's sums never overflow.</summary>
    const ulong MostBytes = 1UL << 38;

    /// <summary>Null where the event is none, makes no sense, or does not say of which process it is.</summary>
    /// <param name="owner">The process that heap events are of whose headers name none: a session for heaps has those of one. 0 where that is not known.</param>
    public static EtlOperation? Of(in EtlEvent e, int owner = 0)
    {
        var (kind, process) = ((EtlOperationKind)e.Type, e.Process > 0 ? e.Process : owner);
        EtlOperation? read = (e.Group, kind) switch
        {
            (EtlGroup.Heap, EtlOperationKind.Alloc) => new(kind, e.Time, process, e.Thread, e.Pointer(2), e.Pointer(1), 0, e.Pointer(0)),
            (EtlGroup.Heap, EtlOperationKind.Realloc) => new(kind, e.Time, process, e.Thread, e.Pointer(1), e.Pointer(3), e.Pointer(2), e.Pointer(0)),
            (EtlGroup.Heap, EtlOperationKind.Free) => new(kind, e.Time, process, e.Thread, e.Pointer(1), 0, 0, e.Pointer(0)),
            (EtlGroup.Heap, EtlOperationKind.DestroyHeap) => new(kind, e.Time, process, e.Thread, 0, 0, 0, e.Pointer(0)),
            (EtlGroup.Memory, EtlOperationKind.VirtualAlloc or EtlOperationKind.VirtualFree) =>
                new(kind, e.Time, e.Int(2, 0), e.Thread, e.Pointer(0), e.Pointer(1), 0, unchecked((uint)e.Int(2, 4))),
            _ => null,
        };
        return read is { Process: > 0, Size: <= MostBytes } operation && (operation.Address != 0 || kind == EtlOperationKind.DestroyHeap) ? read : null;
    }
}

/// <summary>An image that a process loaded.</summary>
readonly record struct EtlImage(int Process, ulong Start, ulong Size, string Path)
{
    const byte Load = 10, AtBegin = 3, AtEnd = 4;

    /// <summary>Base, size, process 4, checksum 4, time stamp 4, 4 unused, base again, 16 unused; then its path in UTF-16. Null for an unload and for what makes no sense.</summary>
    public static EtlImage? Of(in EtlEvent e)
    {
        var (start, size, path) = (e.Pointer(0), e.Pointer(1), 3 * e.PointerBytes + 32);
        if (e.Type is not (Load or AtBegin or AtEnd) || size == 0 || start > ulong.MaxValue - size || e.Payload.Length < path)
            return null;
        var text = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, char>(e.Payload[path..]);
        var end = text.IndexOf('\0');
        return new EtlImage(e.Int(2, 0), start, size, new string(end < 0 ? text : text[..end]));
    }
}
