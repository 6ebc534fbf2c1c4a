namespace VmAtlas.Formats;

/// <summary>How much a file may ask of its reader. A file beyond a limit is refused by name, before memory is taken for it.</summary>
/// <remarks>The defaults hold eight times the largest address space measured (500,000 mappings). Made for files that are not trusted.</remarks>
public sealed record ReaderLimits
{
    public static readonly ReaderLimits Default = new();

    /// <summary>Bytes of one chunk as stored.</summary>
    public int ChunkBytes { get; init => field = Positive(value); } = 256 << 20;

    /// <summary>Bytes of one chunk when inflated. A value costs its reader eight times what it takes here.</summary>
    public int InflatedBytes { get; init => field = Positive(value); } = 128 << 20;

    /// <summary>Chunks of a file.</summary>
    public int Chunks { get; init => field = Positive(value); } = 50_000_000;

    /// <summary>Rows of one table: blocks, regions, facts.</summary>
    public int Rows { get; init => field = Positive(value); } = 4 << 20;

    /// <summary>Chunks of the heaps of one snapshot; each takes 8 bytes of memory.</summary>
    public int HeapChunks { get; init => field = Positive(value); } = 1 << 28;

    /// <summary>Values of one snapshot that take memory, eight bytes each; columns that are zero all over take none.</summary>
    public long Values { get; init => field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(value)); } = 128L << 20;

    public int Tables { get; init => field = Positive(value); } = 64;

    public int Columns { get; init => field = Positive(value); } = 256;

    /// <summary>Bytes of the name of a table, a column or a writer.</summary>
    public int NameBytes { get; init => field = Positive(value); } = 255;

    /// <summary>Distinct texts of a file.</summary>
    public int Strings { get; init => field = Positive(value); } = 16 << 20;

    /// <summary>Bytes of all texts of a file together.</summary>
    public int StringBytes { get; init => field = Positive(value); } = 512 << 20;

    /// <summary>Bytes of one text: a path, a command line, a line of an imported file.</summary>
    public int TextBytes { get; init => field = Positive(value); } = 4 << 20;

    /// <summary>Traced programs of a file.</summary>
    public int Traces { get; init => field = Positive(value); } = 4096;

    /// <summary>Calls in the tree of stacks of one trace, some 24 bytes each.</summary>
    public int CallNodes { get; init => field = Positive(value); } = 32 << 20;

    /// <summary>Blocks of a trace that are live at once, some 64 bytes each.</summary>
    public int LiveBlocks { get; init => field = Positive(value); } = 32 << 20;

    /// <summary>Characters of a whole imported xml document.</summary>
    public int ImportCharacters { get; init => field = Positive(value); } = 1 << 30;

    static int Positive(int value)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
        return value;
    }
}
