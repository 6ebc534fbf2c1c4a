using System.Runtime.InteropServices;

namespace VmAtlas.Model.Tracing;

/// <summary>A block that was handed out and not given back. 32 bytes: two to a cache line.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct LiveBlock
{
    /// <summary>Never 0.</summary>
    public ulong Address;

    /// <summary>Bytes asked for.</summary>
    public ulong Size;

    /// <summary>Nanoseconds since the trace began.</summary>
    public long Time;

    /// <summary>Row of its call site in the store's <see cref="SiteTable"/>.</summary>
    public int Site;

    /// <summary>Number of its thread in the store.</summary>
    public ushort Thread;

    public TraceFunction Function;

    /// <summary>Of the first of a bucket: how many blocks found it full. See <see cref="LiveBlocks"/>.</summary>
    internal byte Passed;
}
