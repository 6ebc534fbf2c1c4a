namespace VmAtlas.Model;

/// <summary>One top row of the details: a cheap view on the snapshot's columns.</summary>
public readonly struct Region(Snapshot snapshot, int index)
{
    public int Index { get; } = index;

    public MemoryType Type => snapshot.Regions.Types[Index];

    public string Details => snapshot.Strings[snapshot.Regions.Details[Index]];

    public string Reason => snapshot.Strings[snapshot.Regions.Reasons[Index]];

    public AnnotatorReport Annotator => snapshot.Annotators[snapshot.Regions.Annotators[Index]];

    public int FirstBlock => snapshot.Regions.FirstBlocks[Index];

    public int LastBlock => snapshot.Regions.LastBlocks[Index];

    public Address Start => snapshot.Blocks.Range(FirstBlock).Start;

    /// <summary>End of the last block. Size may be less than End − Start when the region has holes.</summary>
    public Address End => snapshot.Blocks.Range(LastBlock).End;

    /// <summary>Mappings that begin in the region, so that all regions together count each mapping once. A region that begins within
    /// another's mapping (two stacks the kernel merged) may therefore have none.</summary>
    public int MappingCount
    {
        get
        {
            var count = 0;
            foreach (var block in Blocks)
                count += (block.Facts & BlockFlags.StartsMapping) != 0 ? 1 : 0;
            return count;
        }
    }

    /// <summary>The region's access: every access that one of its blocks allows.</summary>
    public Protection Protection
    {
        get
        {
            var all = Protection.None;
            foreach (var block in Blocks)
                all |= block.Protection;
            return all;
        }
    }

    public BlockSequence Blocks => new(snapshot, Index);

    /// <summary>Bytes of one measure: the sum of the blocks' (law 1).</summary>
    public ulong Get(Measure measure)
    {
        var sum = 0UL;
        foreach (var block in Blocks)
            sum += block.Get(measure);
        return sum;
    }

    /// <summary>All measures the snapshot knows.</summary>
    public MeasureSet GetAll()
    {
        var set = new MeasureSet();
        for (var m = 0; m < Measures.Count; m++)
        {
            if (snapshot.Has((Measure)m))
                set.Set((Measure)m, Get((Measure)m));
        }
        return set;
    }

    public bool HasFact(string key)
    {
        foreach (var (known, _) in Facts)
        {
            if (known == key)
                return true;
        }
        return false;
    }

    /// <summary>The region's named facts, if it has any.</summary>
    public IEnumerable<(string Key, string Value)> Facts
    {
        get
        {
            var (region, strings, facts) = (Index, snapshot.Strings, snapshot.Regions.Facts);
            for (var i = snapshot.Regions.FirstFactOf(region); i < facts.Count && facts[i].Region == region; i++)
                yield return (strings[facts[i].Key], strings[facts[i].Value]);
        }
    }
}

/// <summary>The blocks of one region, in order of address, without allocating.</summary>
public readonly struct BlockSequence(Snapshot snapshot, int region)
{
    public Enumerator GetEnumerator() => new(snapshot, region);

    public struct Enumerator(Snapshot snapshot, int region)
    {
        readonly int _last = snapshot.Regions.LastBlocks[region];
        int _block = snapshot.Regions.FirstBlocks[region] - 1;

        public readonly Block Current => new(snapshot, _block);

        public bool MoveNext()
        {
            while (++_block <= _last)
            {
                if (snapshot.Blocks.Regions[_block] == region)
                    return true;
            }
            return false;
        }
    }
}
