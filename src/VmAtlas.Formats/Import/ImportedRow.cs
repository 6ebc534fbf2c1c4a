using VmAtlas.Model;

namespace VmAtlas.Formats.Import;

/// <summary>One row of a foreign file's details, in bytes.</summary>
record struct ImportedRow
{
    public ulong Address;
    public ulong Size, Committed, Private, TotalWs, PrivateWs, ShareableWs, SharedWs, LockedWs;
    public MemoryType Type;
    public Protection Protection;

    public BlockFlags Facts;

    /// <summary>Number of a text.</summary>
    public int Details;

    /// <summary>Mappings of a region; 0 for a block.</summary>
    public int Mappings;

    /// <summary>A block below the region before it.</summary>
    public bool IsBlock;

    public readonly ulong Get(Measure measure) => measure switch
    {
        Measure.Size => Size,
        Measure.Committed => Committed,
        Measure.Private => Private,
        Measure.TotalWs => TotalWs,
        Measure.PrivateWs => PrivateWs,
        Measure.ShareableWs => ShareableWs,
        Measure.SharedWs => SharedWs,
        Measure.LockedWs => LockedWs,
        _ => 0,
    };

    public void Set(Measure measure, ulong bytes)
    {
        switch (measure)
        {
            case Measure.Size:
                Size = bytes;
                break;
            case Measure.Committed:
                Committed = bytes;
                break;
            case Measure.Private:
                Private = bytes;
                break;
            case Measure.TotalWs:
                TotalWs = bytes;
                break;
            case Measure.PrivateWs:
                PrivateWs = bytes;
                break;
            case Measure.ShareableWs:
                ShareableWs = bytes;
                break;
            case Measure.SharedWs:
                SharedWs = bytes;
                break;
            case Measure.LockedWs:
                LockedWs = bytes;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(measure));
        }
    }
}
