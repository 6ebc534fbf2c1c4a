using System.Runtime.CompilerServices;

namespace VmAtlas.Model.Heaps;

/// <summary>Chunks as columns, in order of address: 8 bytes each, so ten million of them are 80 MB.</summary>
/// <remarks>
/// Addresses and sizes are multiples of 16. A row keeps its address as an offset to that of the piece it is in, and its size with its state in
/// the low bits. Pieces never move while the table grows; a new one is begun when one is full or when a chunk lies farther than 64 GiB from its
/// first, and has room for twice what the last one held: chunks far apart, which a forged file may be full of, cost little each. The few chunks too large for a row have their sizes aside.
/// </remarks>
public sealed class ChunkTable
{
    const int LeastRows = 16, MostRows = 1 << 18;
    const int StateBits = 3;
    const uint StateMask = (1 << StateBits) - 1;

    /// <summary>Sizes from here on, 8 GiB, do not fit in a row.</summary>
    const ulong Huge = 1UL << (32 - StateBits + 4);

    sealed class Piece(ulong first, int firstRow, int rows)
    {
        public readonly ulong Base = first;
        public readonly int FirstRow = firstRow;
        public readonly uint[] Offsets = GC.AllocateUninitializedArray<uint>(rows);
        public readonly uint[] Sizes = GC.AllocateUninitializedArray<uint>(rows);
        public int Count;
    }

    /// <summary>Stands for the last piece while there is none.</summary>
    static readonly Piece s_none = new(0, 0, 0);

    readonly List<Piece> _pieces = [];
    readonly Dictionary<int, ulong> _hugeSizes = [];
    Piece _last = s_none;
    ulong _nextAddress;
    Piece? _lastRead;
    int _lastFound;

    public int Count { get; private set; }

    /// <summary>Where the program's block begins: 16 bytes into the chunk, the address that malloc returned.</summary>
    public Address BlockOf(int chunk) => new(At(chunk) + 16);

    /// <summary>Where the chunk's own bytes begin, by glibc's way of counting: at the size field of the chunk before it.</summary>
    public Address AddressOf(int chunk) => new(At(chunk));

    public ulong SizeOf(int chunk)
    {
        var size = (ulong)(Packed(chunk) >> StateBits) << 4;
        return size != 0 ? size : _hugeSizes.GetValueOrDefault(chunk);
    }

    public ChunkState StateOf(int chunk) => (ChunkState)(Packed(chunk) & StateMask);

    /// <summary>What <c>malloc_usable_size(3)</c> says: the size less the header, which for a mapped chunk is not shared with its neighbour.</summary>
    public ulong UsableOf(int chunk) => SizeOf(chunk) - (StateOf(chunk) == ChunkState.Mapped ? 16UL : 8UL);

    /// <param name="address">Higher than that of the row before.</param>
    /// <param name="size">A multiple of 16, and not 0: what is left over is cut off.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ulong address, ulong size, ChunkState state)
    {
        var piece = _last;
        var (row, offset) = (piece.Count, unchecked(address - piece.Base) >> 4);
        if (address < _nextAddress || (uint)row >= (uint)piece.Offsets.Length || offset > uint.MaxValue || size >= Huge)
        {
            AddSlowly(address, size, state);
            return;
        }
        piece.Offsets[row] = (uint)offset;
        piece.Sizes[row] = (uint)(size >> 4 << StateBits) | (uint)state;
        piece.Count = row + 1;
        _nextAddress = address + 16;
        Count++;
    }

    void AddSlowly(ulong address, ulong size, ChunkState state)
    {
        if (address < _nextAddress)
            throw new ArgumentOutOfRangeException(nameof(address), "chunks are added in order of address");
        if (_last.Count == _last.Offsets.Length || unchecked(address - _last.Base) >> 4 > uint.MaxValue)
            _pieces.Add(_last = new Piece(address, Count, Math.Clamp(2 * _last.Count, LeastRows, MostRows)));
        if (size >= Huge)
            _hugeSizes[Count] = size & ~15UL;
        Add(address, size >= Huge ? 0 : size, state);
    }

    /// <summary>Gives the chunk at an address another state; false when no chunk begins there. Quick for addresses near the one before.</summary>
    public bool SetState(ulong address, ChunkState state)
    {
        var i = LastNotAbove(address);
        if (i < 0 || At(i) != address)
            return false;
        SetState(i, state);
        return true;
    }

    public void SetState(int chunk, ChunkState state)
    {
        var piece = PieceOf(chunk);
        ref var packed = ref piece.Sizes[chunk - piece.FirstRow];
        packed = packed & ~StateMask | (uint)state;
    }

    /// <summary>The chunk whose bytes hold an address, or -1.</summary>
    public int IndexOf(Address address)
    {
        var i = LastNotAbove(address.Value);
        return i >= 0 && address.Value - At(i) < SizeOf(i) ? i : -1;
    }

    /// <summary>The first chunk that begins at an address or behind it; <see cref="Count"/> when there is none.</summary>
    public int FirstFrom(Address address) => address.Value == 0 ? 0 : LastNotAbove(address.Value - 1) + 1;

    ulong At(int chunk)
    {
        var piece = PieceOf(chunk);
        return piece.Base + ((ulong)piece.Offsets[chunk - piece.FirstRow] << 4);
    }

    uint Packed(int chunk)
    {
        var piece = PieceOf(chunk);
        return piece.Sizes[chunk - piece.FirstRow];
    }

    Piece PieceOf(int chunk)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)chunk, (uint)Count, nameof(chunk));
        var piece = _lastRead;
        return piece is not null && unchecked((uint)(chunk - piece.FirstRow)) < (uint)piece.Count ? piece : FindPiece(chunk);
    }

    Piece FindPiece(int chunk)
    {
        var (low, high) = (0, _pieces.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = _pieces[middle].FirstRow <= chunk ? (middle, high) : (low, middle - 1);
        }
        return _lastRead = _pieces[low];
    }

    /// <summary>Binary search between bounds that widen from the row found last.</summary>
    int LastNotAbove(ulong address)
    {
        if (Count == 0)
            return -1;
        var hint = Math.Clamp(_lastFound, 0, Count - 1);
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
