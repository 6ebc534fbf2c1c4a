namespace VmAtlas.Model.Heaps;

/// <summary>What blocks are sorted by.</summary>
public enum ChunkOrder
{
    Address,
    Size,
    State,
}

/// <summary>Which chunks of a table are wanted, and in what order.</summary>
public sealed record ChunkQuery
{
    /// <summary>Empty: every state.</summary>
    public IReadOnlyCollection<ChunkState> States { get; init; } = [];

    public ulong LeastSize { get; init; }

    public ulong MostSize { get; init; } = ulong.MaxValue;

    /// <summary>Only chunks in these ranges; null: anywhere.</summary>
    public IReadOnlyList<AddressRange>? Within { get; init; }

    /// <summary>Sizes come largest first; addresses and states in rising order.</summary>
    public ChunkOrder Order { get; init; }

    public int? Top { get; init; }

    /// <summary>Row numbers of the chunks that fit; equal ones stay in order of address.</summary>
    public int[] Select(ChunkTable chunks)
    {
        var rows = new List<int>();
        for (var i = 0; i < chunks.Count; i++)
        {
            if (Fits(chunks, i))
                rows.Add(i);
        }
        var picked = rows.ToArray();
        if (Order != ChunkOrder.Address)
        {
            var keys = Array.ConvertAll(picked, i => Order == ChunkOrder.Size ? ulong.MaxValue - chunks.SizeOf(i) : (ulong)chunks.StateOf(i));
            // The row number breaks ties, so that the sort is stable.
            Array.Sort(keys.Zip(picked).ToArray(), picked);
        }
        return Top is { } top && top < picked.Length ? picked[..top] : picked;
    }

    bool Fits(ChunkTable chunks, int chunk)
    {
        var size = chunks.SizeOf(chunk);
        return size >= LeastSize && size <= MostSize && (States.Count == 0 || States.Contains(chunks.StateOf(chunk)))
            && (Within is null || Within.Any(r => r.Contains(chunks.AddressOf(chunk))));
    }
}
