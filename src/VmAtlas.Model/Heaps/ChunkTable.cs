namespace VmAtlas.Model.Heaps;

/// <summary>Chunks as columns, in order of address: 16 bytes each, so ten million of them are 160 MB.</summary>
/// <remarks>A chunk's size is a multiple of 16, so the state lies in the low bits of the same word. Rows are kept in pieces, which never move
/// while the table grows.</remarks>
public sealed class ChunkTable
{
    const int PieceShift = 18;
    const int PieceRows = 1 << PieceShift;

    readonly List<ulong[]> _addresses = [];
    readonly List<ulong[]> _sizes = [];
    int _lastFound;

    public int Count { get; private set; }

    /// <summary>Where the program's block begins: 16 bytes into the chunk, the address that malloc returned.</summary>
    public Address BlockOf(int chunk) => new(At(chunk) + 16);

    /// <summary>Where the chunk's own bytes begin, by glibc's way of counting: at the size field of the chunk before it.</summary>
    public Address AddressOf(int chunk) => new(At(chunk));

    public ulong SizeOf(int chunk) => Packed(chunk) & ~15UL;

    public ChunkState StateOf(int chunk) => (ChunkState)(Packed(chunk) & 15);

    /// <summary>What <c>malloc_usable_size(3)</c> says: the size less the header, which for a mapped chunk is not shared with its neighbour.</summary>
    public ulong UsableOf(int chunk) => SizeOf(chunk) - (StateOf(chunk) == ChunkState.Mapped ? 16UL : 8UL);

    /// <param name="address">Higher than that of the row before.</param>
    public void Add(ulong address, ulong size, ChunkState state)
    {
        if (Count > 0 && address <= At(Count - 1))
            throw new ArgumentOutOfRangeException(nameof(address), "chunks are added in order of address");
        if (Count >> PieceShift == _addresses.Count)
        {
            _addresses.Add(GC.AllocateUninitializedArray<ulong>(PieceRows));
            _sizes.Add(GC.AllocateUninitializedArray<ulong>(PieceRows));
        }
        _addresses[^1][Count & PieceRows - 1] = address;
        _sizes[^1][Count & PieceRows - 1] = size & ~15UL | (ulong)state;
        Count++;
    }

    /// <summary>Gives the chunk at an address another state; false when no chunk begins there. Quick for addresses near the one before.</summary>
    public bool SetState(ulong address, ChunkState state)
    {
        var i = LastNotAbove(address);
        if (i < 0 || At(i) != address)
            return false;
        _sizes[i >> PieceShift][i & PieceRows - 1] = SizeOf(i) | (ulong)state;
        return true;
    }

    /// <summary>The chunk whose bytes hold an address, or -1.</summary>
    public int IndexOf(Address address)
    {
        var i = LastNotAbove(address.Value);
        return i >= 0 && address.Value - At(i) < SizeOf(i) ? i : -1;
    }

    ulong At(int chunk) => _addresses[chunk >> PieceShift][chunk & PieceRows - 1];

    ulong Packed(int chunk) => _sizes[chunk >> PieceShift][chunk & PieceRows - 1];

    /// <summary>Binary search between bounds that widen from the row found last.</summary>
    int LastNotAbove(ulong address)
    {
        if (Count == 0)
            return -1;
        var hint = Math.Min(_lastFound, Count - 1);
        var (low, high) = (hint, hint + 1);
        for (var step = 16; low > 0 && At(low) > address; step *= 4)
            low = Math.Max(0, low - Math.Min(step, low));
        for (var step = 16; high < Count && At(high) <= address; step = Math.Min(step * 4, 1 << 28))
            high = (int)Math.Min(Count, (long)high + step);
        while (low < high)
        {
            var middle = low + (high - low) / 2;
            if (At(middle) > address)
                high = middle;
            else
                low = middle + 1;
        }
        return _lastFound = low - 1;
    }
}
