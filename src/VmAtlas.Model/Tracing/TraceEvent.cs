using System.Runtime.InteropServices;

namespace VmAtlas.Model;

/// <summary>One operation of the target on its memory. Blittable, 64 bytes, the same in memory and in a batch.</summary>
/// <remarks>What an operation has not is zero: only <see cref="TraceOperation"/> says which fields count.</remarks>
[StructLayout(LayoutKind.Sequential)]
public struct TraceEvent
{
    /// <summary>Nanoseconds since the trace began. Taken before memory is given back and after it is handed out, so that for each address
    /// the order of events is the order of what happened, whatever thread did it.</summary>
    public long Time;

    public ulong Address;

    /// <summary>Bytes asked for; what the allocator rounds up to is not seen.</summary>
    public ulong Size;

    public ulong OldAddress;

    /// <summary>For <see cref="TraceOperation.Remap"/>; realloc does not know it.</summary>
    public ulong OldSize;

    /// <summary>How many blocks like this one the event stands for: 1 in an exact trace; in a sampled one 1/(1 − e^(−size/rate)), so that sums of weight
    /// and of weight × size are unbiased. Frees have no weight of their own: the allocation's counts.</summary>
    public double Weight;

    /// <summary>Index of a thread that the sink has been told of.</summary>
    public int Thread;

    /// <summary>The <see cref="CallNode.Id"/> of the call that asked (its whole stack by its parents); 0 where none was taken: frees have none.</summary>
    public uint Site;

    public TraceOperation Operation;
    public TraceFunction Function;

    /// <summary>For mappings. <see cref="Protection.Shared"/> where MAP_SHARED was asked for.</summary>
    public Protection Protection;
}
