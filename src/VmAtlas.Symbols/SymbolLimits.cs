namespace VmAtlas.Symbols;

/// <summary>What symbols may cost.</summary>
public sealed record SymbolLimits
{
    /// <summary>Bytes of units' functions and lines that one module keeps; beyond, the oldest are dropped and read again when needed.</summary>
    public long KeptBytes { get; init; } = 512L << 20;

    /// <summary>Threads that read one module's units.</summary>
    public int Threads { get; init; } = Math.Min(Environment.ProcessorCount, 16);
}
