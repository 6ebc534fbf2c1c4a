namespace VmAtlas.Capture;

/// <summary>How much a capture looks up.</summary>
public sealed record CaptureOptions
{
    /// <summary>Everything a snapshot can tell.</summary>
    public static readonly CaptureOptions Full = new();

    /// <summary>For summaries and recordings: the same regions and sums, without what costs a look-up a block.</summary>
    public static readonly CaptureOptions Quick = new() { Blocks = false };

    /// <summary>
    /// Whether blocks are wanted: mappings cut by section, and what costs a look-up a region (a stack's depth and high-water mark).
    /// Without it a mapping is cut only where two regions meet. The regions and their sums are the same either way.
    /// </summary>
    public bool Blocks { get; init; } = true;

    /// <summary>Whether the inside of malloc's heaps is read too: every chunk, some 150 ms a GiB. The snapshot gets
    /// <see cref="Model.Snapshot.Heap"/>, and its heaps blocks in use, free and top.</summary>
    public bool Heaps { get; init; }

    /// <summary>Whether this is the pipeline's only capture: the snapshot then takes its buffers over instead of copies of the exact size.</summary>
    public bool Once { get; init; }
}
