using VmAtlas.Model;

namespace VmAtlas.Cli.Output;

/// <summary>Which regions are wanted, in which order: <c>--type</c>, <c>--filter</c>, <c>--sort</c>, <c>--top</c>.</summary>
sealed record RowChoice
{
    public IReadOnlyList<MemoryType> Types { get; init; } = [];

    public FilterExpression? Filter { get; init; }

    /// <summary>Null for the order of addresses.</summary>
    public Column? Sort { get; init; }

    public bool Descending { get; init; }

    public int? Top { get; init; }

    public bool IsEverything => Types.Count == 0 && Filter is null && Top is null;

    /// <summary>Numbers of the regions chosen.</summary>
    public int[] Select(Snapshot snapshot)
    {
        var rows = new SnapshotRows(snapshot, RowLevel.Region);
        var chosen = Filter?.Select(rows) ?? All(rows.Count);
        if (Types.Count > 0)
            chosen = Array.FindAll(chosen, r => Types.Contains(snapshot.Regions.Types[r]));
        if (Sort is not null)
            chosen = RowSort.By(rows, Sort, Descending, chosen);
        return Top is { } top && top < chosen.Length ? chosen[..top] : chosen;
    }

    static int[] All(int count)
    {
        var all = new int[count];
        for (var i = 0; i < count; i++)
            all[i] = i;
        return all;
    }
}
