namespace VmAtlas.Model;

/// <summary>Blocks (or, while being captured, mappings) as columns, in order of address. One row costs some 130 bytes.</summary>
/// <remarks>
/// A measure column is an array only once a value in it is not zero: most of a process's Swap, KSM and Locked are zero, and they
/// cost nothing. Absent (the source could not know) is a property of the whole column: <see cref="Has"/>.
/// A reader clears and refills one table as often as it likes; a snapshot keeps an exact copy that nobody writes.
/// Columns are spans made by their constructor: AsSpan over an enum's array is code that no precompiled image has, and would run unoptimised for
/// the whole life of a short command.
/// </remarks>
public sealed partial class BlockTable
{
    readonly ulong[]?[] _measures = new ulong[]?[Measures.Count];
    uint _present;
    int _capacity;

    public int Count { get; private set; }

    /// <summary>First address of each block; ascending, never inside the block before.</summary>
    public ReadOnlySpan<ulong> Starts => new(_starts, 0, Count);

    /// <summary>First address after each block.</summary>
    public ReadOnlySpan<ulong> Ends => new(_ends, 0, Count);

    /// <summary>Offset of the block's first byte in its file.</summary>
    public ReadOnlySpan<ulong> Offsets => new(_offsets, 0, Count);

    /// <summary>Inode of the file mapped; 0 for anonymous memory.</summary>
    public ReadOnlySpan<ulong> Inodes => new(_inodes, 0, Count);

    /// <summary>Masks of <see cref="VmFlags"/>.</summary>
    public ReadOnlySpan<ulong> Flags => new(_flags, 0, Count);

    /// <summary>Device of the file: major &lt;&lt; 20 | minor.</summary>
    public ReadOnlySpan<uint> Devices => new(_devices, 0, Count);

    /// <summary>The system's own name, a path or "[heap]": index into the snapshot's strings.</summary>
    public ReadOnlySpan<int> Names => new(_names, 0, Count);

    /// <summary>What the block is within its region, ".text" or "guard": index into the snapshot's strings.</summary>
    public ReadOnlySpan<int> Labels => new(_labels, 0, Count);

    /// <summary>The region each block belongs to; -1 while nobody claimed it.</summary>
    public ReadOnlySpan<int> Regions => new(_regions, 0, Count);

    public ReadOnlySpan<Protection> Protections => new(_protections, 0, Count);

    public ReadOnlySpan<BlockFlags> Facts => new(_facts, 0, Count);

    /// <summary>KernelPageSize of smaps as a power of two: 12 for 4 KiB, 21 for 2 MiB.</summary>
    public ReadOnlySpan<byte> PageShifts => new(_pageShifts, 0, Count);

    /// <summary>ProtectionKey of smaps; 0 where the machine has none.</summary>
    public ReadOnlySpan<byte> ProtectionKeys => new(_protectionKeys, 0, Count);

    /// <summary>Whether the source knows this measure at all.</summary>
    public bool Has(Measure measure) => measure is Measure.Size || (_present >> (int)measure & 1) != 0;

    /// <summary>The measure's values, or an empty span when the column is absent or zero all over.</summary>
    public ReadOnlySpan<ulong> Column(Measure measure) =>
        _measures[(int)measure] is { } values ? new ReadOnlySpan<ulong>(values, 0, Count) : default;

    /// <summary>Whether a measure is zero in every row, as far as that is known without looking.</summary>
    public bool IsZero(Measure measure) => measure switch
    {
        Measure.Size => Count == 0,
        Measure.ShareableWs => _measures[(int)Measure.TotalWs] is null,
        _ => _measures[(int)measure] is null,
    };

    /// <summary>Bytes of one measure; 0 when absent, so ask <see cref="Has"/> first where that matters.</summary>
    public ulong Get(Measure measure, int row)
    {
        if (measure == Measure.Size)
            return _ends[row] - _starts[row];
        if (measure == Measure.ShareableWs)
            return Less(Get(Measure.TotalWs, row), Get(Measure.PrivateWs, row));
        return _measures[(int)measure] is { } values ? values[row] : 0;
    }

    /// <summary>Writes one measure of every row, the derived ones too.</summary>
    public void CopyTo(Measure measure, Span<ulong> into)
    {
        var column = Column(measure is Measure.ShareableWs ? Measure.TotalWs : measure);
        if (measure is Measure.Size)
        {
            for (var i = 0; i < Count; i++)
                into[i] = _ends[i] - _starts[i];
            return;
        }
        into[..Count].Clear();
        column.CopyTo(into);
        if (measure is not Measure.ShareableWs)
            return;
        var own = Column(Measure.PrivateWs);
        for (var i = 0; i < own.Length; i++)
            into[i] = Less(into[i], own[i]);
    }

    /// <summary>A private part larger than its whole breaks law 2, which <see cref="Laws"/> reports; here it must not end a report.</summary>
    static ulong Less(ulong whole, ulong part) => part < whole ? whole - part : 0;

    public AddressRange Range(int row) => AddressRange.Of(_starts[row], _ends[row]);

    /// <summary>The block that holds the address, or -1 when it lies in a gap. Binary search.</summary>
    public int IndexOf(Address address)
    {
        var i = Array.BinarySearch(_starts, 0, Count, address.Value);
        if (i < 0)
            i = ~i - 1;
        return i >= 0 && address.Value < _ends[i] ? i : -1;
    }

    /// <summary>Bytes held for the rows, arrays that are not there not counted.</summary>
    public long BytesHeld
    {
        get
        {
            var columns = 5;
            foreach (var values in _measures)
                columns += values is null ? 0 : 1;
            return (long)_capacity * (columns * sizeof(ulong) + 4 * sizeof(int) + 4);
        }
    }
}
