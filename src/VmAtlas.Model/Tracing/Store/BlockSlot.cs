using System.Runtime.InteropServices;

namespace VmAtlas.Model.Tracing;

/// <summary>A place of the <see cref="LiveBlocks"/>. 32 bytes: two to a cache line.</summary>
[StructLayout(LayoutKind.Sequential)]
struct BlockSlot
{
    /// <summary>0 where the place is free.</summary>
    public ulong Address;

    /// <summary>Bytes asked for.</summary>
    public ulong Size;

    /// <summary>Nanoseconds since the trace began.</summary>
    public long Time;

    /// <summary>Number in the store's <see cref="SiteTable"/> of who asked for it.</summary>
    public int Share;

    public TraceFunction Function;

    /// <summary>Of the first of a bucket: how many blocks found it full. See <see cref="LiveBlocks"/>.</summary>
    public byte Passed;
}
