namespace VmAtlas.Model.Heaps;

/// <summary>How many chunks there are of each exact size, in use and free.</summary>
/// <remarks>Sizes below 64 KiB have a counter of their own; larger ones share a dictionary of at most <see cref="MaxLargeSizes"/>
/// entries, past which a size is rounded up to a power of two: a target can not make the histogram grow without end.</remarks>
public sealed class SizeHistogram
{
    public const int MaxLargeSizes = 65536;
    const int SmallSizes = 4096;

    readonly ulong[] _used = new ulong[SmallSizes];
    readonly ulong[] _free = new ulong[SmallSizes];
    readonly Dictionary<ulong, (ulong Used, ulong Free)> _large = [];

    /// <summary>One exact chunk size, header included.</summary>
    public readonly record struct Row(ulong Size, ulong Used, ulong Free);

    /// <summary>A class of sizes from <paramref name="From"/> to <paramref name="To"/>, both included.</summary>
    public readonly record struct Class(ulong From, ulong To, ChunkCount Used, ChunkCount Free);

    public void AddUsed(ulong size, ulong count = 1)
    {
        var (slot, used) = (size >> 4, _used);
        if (slot < (ulong)used.Length)
            used[slot] += count;
        else
            Add(size, count, 0);
    }

    public void AddFree(ulong size, ulong count = 1) => Add(size, 0, count);

    /// <summary>Chunks counted as used turn out to be in a free list.</summary>
    /// <returns>How many there were to move: fewer than asked when there are not so many of that size.</returns>
    public ulong MoveToFree(ulong size, ulong count)
    {
        var moved = Math.Min(count, UsedOf(size));
        if (size >> 4 is var slot && slot < SmallSizes)
        {
            _used[slot] -= moved;
            _free[slot] += moved;
        }
        else if (moved > 0)
            _large[size] = (_large[size].Used - moved, _large[size].Free + moved);
        return moved;
    }

    public ulong UsedOf(ulong size) => size >> 4 < SmallSizes ? _used[size >> 4] : _large.GetValueOrDefault(size).Used;

    /// <summary>Every size that occurs, smallest first.</summary>
    public IEnumerable<Row> Rows
    {
        get
        {
            for (var i = 0; i < SmallSizes; i++)
            {
                if ((_used[i] | _free[i]) != 0)
                    yield return new Row((ulong)i << 4, _used[i], _free[i]);
            }
            foreach (var (size, counts) in _large.OrderBy(e => e.Key))
                yield return new Row(size, counts.Used, counts.Free);
        }
    }

    /// <summary>The same, gathered between powers of two: (32 … 63), (64 … 127), ….</summary>
    public IReadOnlyList<Class> Classes()
    {
        var classes = new SortedDictionary<int, (ChunkCount Used, ChunkCount Free)>();
        foreach (var row in Rows)
        {
            var power = 63 - System.Numerics.BitOperations.LeadingZeroCount(row.Size | 16);
            var (used, free) = classes.GetValueOrDefault(power);
            classes[power] = (used + new ChunkCount(row.Used, row.Used * row.Size), free + new ChunkCount(row.Free, row.Free * row.Size));
        }
        return [.. classes.Select(c => new Class(1UL << c.Key, (2UL << c.Key) - 1, c.Value.Used, c.Value.Free))];
    }

    void Add(ulong size, ulong used, ulong free)
    {
        var slot = size >> 4;
        if (slot < SmallSizes)
        {
            _used[slot] += used;
            _free[slot] += free;
            return;
        }
        if (_large.Count >= MaxLargeSizes && !_large.ContainsKey(size))
            size = System.Numerics.BitOperations.RoundUpToPowerOf2(size);
        var counts = _large.GetValueOrDefault(size);
        _large[size] = (counts.Used + used, counts.Free + free);
    }
}
