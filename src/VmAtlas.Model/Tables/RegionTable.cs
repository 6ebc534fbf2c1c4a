namespace VmAtlas.Model;

/// <summary>Regions as columns, in order of their first block. Their measures are not stored: they are the sums of their blocks.</summary>
public sealed class RegionTable
{
    int[] _firstBlocks = [], _lastBlocks = [], _details = [], _reasons = [];
    MemoryType[] _types = [];
    byte[] _annotators = [];
    readonly List<RegionFact> _facts = [];

    public int Count { get; private set; }

    /// <summary>The region's first block.</summary>
    public ReadOnlySpan<int> FirstBlocks => new(_firstBlocks, 0, Count);

    /// <summary>The region's last block, inclusive. Blocks of other regions may lie between the two (a hole in an image that something else uses).</summary>
    public ReadOnlySpan<int> LastBlocks => new(_lastBlocks, 0, Count);

    public ReadOnlySpan<MemoryType> Types => new(_types, 0, Count);

    /// <summary>What the region is, for people: a path, "Thread 4711 (worker)". Index into the snapshot's strings.</summary>
    public ReadOnlySpan<int> Details => new(_details, 0, Count);

    /// <summary>Why it is that: the evidence in a sentence. Index into the snapshot's strings.</summary>
    public ReadOnlySpan<int> Reasons => new(_reasons, 0, Count);

    /// <summary>Who said so: index into <see cref="Snapshot.Annotators"/>.</summary>
    public ReadOnlySpan<byte> Annotators => new(_annotators, 0, Count);

    /// <summary>Named facts of single regions ("build-id", "thread-id", "stack-depth"), in order of region. Few regions have any.</summary>
    public IReadOnlyList<RegionFact> Facts => _facts;

    /// <summary>Where the facts of a region begin among <see cref="Facts"/>, or would. Binary search.</summary>
    public int FirstFactOf(int region)
    {
        var (low, high) = (0, _facts.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_facts[middle].Region >= region)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }

    public int Add(MemoryType type, int details, int reason, byte annotator)
    {
        if (Count == _types.Length)
            Reserve(Math.Max(64, Count * 2));
        _types[Count] = type;
        _details[Count] = details;
        _reasons[Count] = reason;
        _annotators[Count] = annotator;
        _firstBlocks[Count] = _lastBlocks[Count] = -1;
        return Count++;
    }

    public void SetSpan(int region, int firstBlock, int lastBlock)
    {
        _firstBlocks[region] = firstBlock;
        _lastBlocks[region] = lastBlock;
    }

    /// <summary>Sets the span of every region.</summary>
    public void SetSpans(ReadOnlySpan<int> firstBlocks, ReadOnlySpan<int> lastBlocks)
    {
        firstBlocks[..Count].CopyTo(_firstBlocks);
        lastBlocks[..Count].CopyTo(_lastBlocks);
    }

    public void AddFact(RegionFact fact) => _facts.Add(fact);

    public void Reserve(int capacity)
    {
        if (capacity <= _types.Length)
            return;
        Array.Resize(ref _firstBlocks, capacity);
        Array.Resize(ref _lastBlocks, capacity);
        Array.Resize(ref _details, capacity);
        Array.Resize(ref _reasons, capacity);
        Array.Resize(ref _types, capacity);
        Array.Resize(ref _annotators, capacity);
    }
}

/// <summary>One named fact of one region; key and value are indexes into the snapshot's strings.</summary>
public readonly record struct RegionFact(int Region, int Key, int Value);
