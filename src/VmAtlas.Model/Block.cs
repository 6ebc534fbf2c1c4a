namespace VmAtlas.Model;

/// <summary>One row below a region: a cheap view on the snapshot's columns.</summary>
public readonly struct Block(Snapshot snapshot, int index)
{
    public int Index { get; } = index;

    public AddressRange Range => snapshot.Blocks.Range(Index);

    public Region Region => new(snapshot, snapshot.Blocks.Regions[Index]);

    /// <summary>What it is within its region: ".text", "guard", "reserved"; else empty.</summary>
    public string Label => snapshot.Strings[snapshot.Blocks.Labels[Index]];

    /// <summary>The system's name for the mapping: a path, "[heap]", or empty.</summary>
    public string Name => snapshot.Strings[snapshot.Blocks.Names[Index]];

    public Protection Protection => snapshot.Blocks.Protections[Index];

    public BlockFlags Facts => snapshot.Blocks.Facts[Index];

    public ulong Flags => snapshot.Blocks.Flags[Index];

    public ulong Offset => snapshot.Blocks.Offsets[Index];

    public ulong Inode => snapshot.Blocks.Inodes[Index];

    public (uint Major, uint Minor) Device
    {
        get
        {
            var device = snapshot.Blocks.Devices[Index];
            return (device >> 20, device & 0xfffff);
        }
    }

    public ByteSize PageSize => new(1UL << snapshot.Blocks.PageShifts[Index]);

    public ulong Get(Measure measure) => snapshot.Blocks.Get(measure, Index);

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
}
