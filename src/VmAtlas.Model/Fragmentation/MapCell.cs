namespace VmAtlas.Model;

/// <summary>One cell of an <see cref="AddressMap"/>.</summary>
public struct MapCell
{
    public AddressRange Range;

    /// <summary>What most mapped bytes of the cell are; Free or Unusable where less than a tenth of it is mapped.</summary>
    public MemoryType Type;

    /// <summary>The cell stands for one long stretch of nothing, drawn as one cell whatever its length: a gap, or reserved memory
    /// in which nothing is.</summary>
    public bool IsFolded;

    /// <summary>Bytes of the cell that belong to a region.</summary>
    public ulong Mapped;

    /// <summary>Resident bytes; of a block that lies in several cells each has its part by length, because pages are not known here.
    /// 0 where the target did not tell.</summary>
    public ulong Resident;

    /// <summary>Part of the cell that belongs to a region, 0 to 1.</summary>
    public readonly double MappedShare => Mapped / (double)Range.Size.Bytes;

    /// <summary>Part of the cell that is in memory, 0 to 1.</summary>
    public readonly double ResidentShare => Math.Min(1, Resident / (double)Range.Size.Bytes);
}
