using VmAtlas.Formats.Profiles;

namespace VmAtlas.Formats.Export;

/// <summary>How much of a snapshot goes into its json.</summary>
/// <param name="Regions">The array of regions.</param>
/// <param name="Blocks">In each region the array of its blocks.</param>
/// <param name="Indented">For people; one line for machines.</param>
public readonly record struct JsonOptions(bool Regions = true, bool Blocks = false, bool Indented = false)
{
    public JsonOptions() : this(Regions: true)
    {
    }

    /// <summary>What is inside malloc's heaps, where the snapshot has it.</summary>
    public bool Heap { get; init; }

    /// <summary>In each region who made it, where a trace knows that.</summary>
    public RegionMakers? Makers { get; init; }

    /// <summary>Numbers of the regions to write, in that order; null for all of them in order of address.</summary>
    public IReadOnlyList<int>? Chosen { get; init; }
}
