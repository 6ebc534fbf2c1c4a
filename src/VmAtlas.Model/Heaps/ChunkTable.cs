using System.Runtime.CompilerServices;

namespace VmAtlas.Model.Heaps;

/// <summary>Chunks as columns, in order of address: 4½ bytes each, so ten million of them are 45 MB.</summary>
/// <remarks>
/// Addresses and sizes are multiples of 16. Most chunks begin where the one before ends, so only the first of every sixteen has its address
/// written down; that of another is the sum of the sizes before it. A chunk that begins elsewhere is marked and has its address aside,
/// as have the few sizes too large for a row. A size has its state in the low bits. Pieces never move while the table grows.
/// </remarks>
public sealed class ChunkTable
{
    const int PieceShift = 18, PieceRows = 1 << PieceShift, LeastRows = 64;
    const int GroupShift = 4, GroupRows = 1 << GroupShift;
    const uint StateMask = 7, Apart = 8, FlagMask = 15;

    /// <summary>Sizes from here on, 4 GiB, do not fit in a row.</summary>
    const ulong Huge = 1UL << 32;

    /// <summary>Where no chunk begins.</summary>
    const ulong Nowhere = 1;

    sealed class Piece(int rows)
    {
        public uint[] Rows = GC.AllocateUninitializedArray<uint>(rows);
        public ulong[] Starts = GC.AllocateUninitializedArray<ulong>(rows >> GroupShift);
    }

    readonly List<Piece> _pieces = [];
    readonly List<int> _apart = [];
    readonly List<ulong> _apartAt = [];
    readonly Dictionary<int, ulong> _hugeSizes = [];

    /// <summary>Columns of the last piece.</summary>
    uint[] _rows = [];
    ulong[] _starts = [];

    ulong _least, _expected = Nowhere;
    int _lastGroup;

    public int Count { get; private set; }

    /// <summary>Where the program's block begins: 16 bytes into the chunk, the address that malloc returned.</summary>
    public Address BlockOf(int chunk) => new(At(chunk) + 16);

    /// <summary>Where the chunk's own bytes begin, by glibc's way of counting: at the size field of the chunk before it.</summary>
    public Address AddressOf(int chunk) => new(At(chunk));

    public ulong SizeOf(int chunk)
    {
        var size = Row(chunk) & ~FlagMask;
        return size != 0 ? size : _hugeSizes.GetValueOrDefault(chunk);
    }

    public ChunkState StateOf(int chunk) => (ChunkState)(Row(chunk) & StateMask);

    /// <summary>What <c>malloc_usable_size(3)</c> says: the size less the header, which for a mapped chunk is not shared with its neighbour.</summary>
    public ulong UsableOf(int chunk) => SizeOf(chunk) - (StateOf(chunk) == ChunkState.Mapped ? 16UL : 8UL);

    /// <param name="address">Higher than that of the row before.</param>
    /// <param name="size">A multiple of 16, and not 0: what is left over is cut off.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ulong address, ulong size, ChunkState state)
    {
        var (row, rows) = (Count & PieceRows - 1, _rows);
        if (address != _expected || (uint)row >= (uint)rows.Length || row == 0 || size >= Huge)
        {
            AddSlowly(address & ~(ulong)FlagMask, size & ~(ulong)FlagMask, state);
            return;
        }
        size &= ~(ulong)FlagMask;
        rows[row] = (uint)size | (uint)state;
        if ((row & GroupRows - 1) == 0)
            _starts[row >> GroupShift] = address;
        (_least, _expected) = (address + 16, size == 0 ? Nowhere : address + size);
        Count++;
    }

    void AddSlowly(ulong address, ulong size, ChunkState state)
    {
        if (address < _least)
            throw new ArgumentOutOfRangeException(nameof(address), "chunks are added in order of address");
        var row = Count & PieceRows - 1;
        if (row == 0)
            _pieces.Add(new Piece(Count == 0 ? LeastRows : PieceRows));
        else if (row == _rows.Length)
            Grow(_pieces[^1]);
        (_rows, _starts) = (_pieces[^1].Rows, _pieces[^1].Starts);
        var apart = 0U;
        if ((row & GroupRows - 1) == 0)
            _starts[row >> GroupShift] = address;
        else if (address != _expected)
        {
            apart = Apart;
            _apart.Add(Count);
            _apartAt.Add(address);
        }
        if (size >= Huge)
            _hugeSizes[Count] = size;
        _rows[row] = (size >= Huge ? 0 : (uint)size) | apart | (uint)state;
        (_least, _expected) = (address + 16, size == 0 ? Nowhere : unchecked(address + size));
        Count++;
    }

    /// <summary>Only the first piece begins small.</summary>
    static void Grow(Piece piece)
    {
        var rows = Math.Min(4 * piece.Rows.Length, PieceRows);
        Array.Resize(ref piece.Rows, rows);
        Array.Resize(ref piece.Starts, rows >> GroupShift);
    }

    /// <summary>Gives the chunk at an address another state; false when no chunk begins there. Quick for addresses near the one before.</summary>
    public bool SetState(ulong address, ChunkState state)
    {
        var i = LastNotAbove(address, out var at);
        if (i < 0 || at != address)
            return false;
        SetState(i, state);
        return true;
    }

    public void SetState(int chunk, ChunkState state)
    {
        ref var row = ref Row(chunk);
        row = row & ~StateMask | (uint)state;
    }

    /// <summary>The chunk whose bytes hold an address, or -1.</summary>
    public int IndexOf(Address address)
    {
        var i = LastNotAbove(address.Value, out var at);
        return i >= 0 && address.Value - at < SizeOf(i) ? i : -1;
    }

    /// <summary>The first chunk that begins at an address or behind it; <see cref="Count"/> when there is none.</summary>
    public int FirstFrom(Address address) => address.Value == 0 ? 0 : LastNotAbove(address.Value - 1, out _) + 1;

    ref uint Row(int chunk)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)chunk, (uint)Count, nameof(chunk));
        return ref _pieces[chunk >> PieceShift].Rows[chunk & PieceRows - 1];
    }

    ulong At(int chunk)
    {
        var (row, sum) = (Row(chunk), 0UL);
        for (; (chunk & GroupRows - 1) != 0; row = Row(chunk))
        {
            if ((row & Apart) != 0)
                return _apartAt[_apart.BinarySearch(chunk)] + sum;
            sum += SizeOf(--chunk);
        }
        return StartOf(chunk >> GroupShift) + sum;
    }

    ulong StartOf(int group)
    {
        const int Shift = PieceShift - GroupShift;
        return _pieces[group >> Shift].Starts[group & (1 << Shift) - 1];
    }

    int LastNotAbove(ulong address, out ulong at)
    {
        at = 0;
        var group = LastGroupNotAbove(address);
        if (group < 0)
            return -1;
        var (row, end) = (group << GroupShift, Math.Min(Count, group + 1 << GroupShift));
        at = StartOf(group);
        for (; row + 1 < end; row++)
        {
            var next = (Row(row + 1) & Apart) != 0 ? At(row + 1) : at + SizeOf(row);
            if (next > address)
                break;
            at = next;
        }
        return row;
    }

    /// <summary>Binary search between bounds that widen from the group found last.</summary>
    int LastGroupNotAbove(ulong address)
    {
        if (Count == 0)
            return -1;
        var groups = (Count - 1 >> GroupShift) + 1;
        var hint = Math.Clamp(_lastGroup, 0, groups - 1);
        var (low, high) = (hint, hint + 1);
        for (var step = 1; low > 0 && StartOf(low) > address; step *= 4)
            low = Math.Max(0, low - Math.Min(step, low));
        for (var step = 1; high < groups && StartOf(high) <= address; step = Math.Min(step * 4, 1 << 28))
            high = (int)Math.Min(groups, (long)high + step);
        while (low < high)
        {
            var middle = low + (high - low) / 2;
            if (StartOf(middle) > address)
                high = middle;
            else
                low = middle + 1;
        }
        _lastGroup = Math.Max(0, low - 1);
        return low - 1;
    }
}
