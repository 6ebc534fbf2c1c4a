namespace VmAtlas.Formats.Vmatlas.Traces;

/// <summary>The 8 plain bytes a trace's chunk begins with.</summary>
/// <param name="Trace">Number of the trace (one for each program) in the file, from 0.</param>
/// <param name="Sequence">Counts the chunks of the trace from 0, so that a lost one is noticed.</param>
readonly record struct TraceChunkHead(uint Trace, uint Sequence)
{
    public const int Length = 8;

    public static TraceChunkHead Parse(ReadOnlySpan<byte> payload)
    {
        var from = new ByteCursor(payload);
        return new TraceChunkHead(from.UInt32(), from.UInt32());
    }
}

/// <summary>What one of a trace's chunks of facts tells; the number stands in the file.</summary>
enum TraceFact
{
    Module = 1,
    Thread = 2,
    ThreadName = 3,
    Dropped = 4,
    End = 5,
}

/// <summary>Which fields the events of one kind have, in the order of their columns.</summary>
[Flags]
enum EventFields
{
    None = 0,
    Size = 1,
    Site = 2,
    OldAddress = 4,
    OldSize = 8,
    Weight = 16,

    /// <summary>The address is no multiple of 16.</summary>
    Unaligned = 32,
}
