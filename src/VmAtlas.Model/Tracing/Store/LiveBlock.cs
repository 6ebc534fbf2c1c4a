namespace VmAtlas.Model.Tracing;

/// <summary>A block that was handed out and not given back.</summary>
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
}
