using VmAtlas.Model;

namespace VmAtlas.Formats.Vmmap;

/// <summary>One row of the details as VMMap lays them out. Zero and absent are both an empty cell there.</summary>
ref struct VmmapRow
{
    public ulong Address;

    /// <summary>A block below a region: its address is indented by two blanks.</summary>
    public bool IsBlock;

    public string Type;

    public MeasureSet Measures;

    /// <summary>Number of mappings; null for a block.</summary>
    public long? Blocks;

    public string Protection;

    public string Details;
}
