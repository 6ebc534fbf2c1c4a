namespace VmAtlas.Model;

/// <summary>What became of a region between two snapshots.</summary>
public enum ChangeKind : byte
{
    /// <summary>Nothing that was asked about changed.</summary>
    Same,

    /// <summary>Only in the later snapshot.</summary>
    Added,

    /// <summary>Only in the earlier one.</summary>
    Removed,

    /// <summary>In both, and the measure asked about is more.</summary>
    Grown,

    /// <summary>In both, and the measure asked about is less.</summary>
    Shrunk,

    /// <summary>In both, the measure asked about is equal, and what may be done there changed.</summary>
    Reprotected,
}

/// <summary>A region of the earlier snapshot and the region of the later one it is taken for.</summary>
/// <param name="Before">Its number in the earlier snapshot, or -1.</param>
/// <param name="After">Its number in the later snapshot, or -1.</param>
public readonly record struct RegionChange(int Before, int After);

/// <summary>What became of one type, or of all types together.</summary>
/// <param name="Type">Null for Total.</param>
public readonly record struct TypeChange(MemoryType? Type, SummaryRow Before, SummaryRow After)
{
    /// <summary>Bytes more (or less, negative); null where one of the two does not know the measure.</summary>
    public long? Delta(Measure measure) => Deltas.Between(Before.Measures, After.Measures, measure);

    public long? BlocksDelta => After.Blocks - Before.Blocks;

    public int RegionsDelta => After.Regions - Before.Regions;
}

/// <summary>What became of all regions of one file together.</summary>
/// <param name="Path">The file, or the name of shared memory.</param>
/// <param name="RegionsBefore">How many regions of it there were; 0 when it is new.</param>
/// <param name="RegionsAfter">How many there are; 0 when it is gone.</param>
public sealed record ModuleChange(string Path, int RegionsBefore, int RegionsAfter, MeasureSet Before, MeasureSet After)
{
    /// <summary>Bytes more (or less, negative); null where one of the two snapshots does not know the measure.</summary>
    public long? Delta(Measure measure) => Deltas.Between(Before, After, measure);
}

static class Deltas
{
    public static long? Between(in MeasureSet before, in MeasureSet after, Measure measure) =>
        before.Has(measure) && after.Has(measure) ? Between(before[measure], after[measure]) : null;

    /// <summary>Right for every difference that fits in 63 bits, however large the two are.</summary>
    public static long Between(ulong before, ulong after) => unchecked((long)(after - before));
}
