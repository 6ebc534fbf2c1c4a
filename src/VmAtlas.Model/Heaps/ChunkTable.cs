namespace VmAtlas.Model.Heaps;

/// <summary>Chunks as columns, in order of address: 16 bytes each, so ten million of them are 160 MB.</summary>
/// <remarks>A chunk's size is a multiple of 16, so the state lies in the low bits of the same word.</remarks>
public sealed class ChunkTable
{
    ulong[] _addresses;
    ulong[] _sizes;

    public ChunkTable(int capacity = 1024)
    {
        _addresses = new ulong[capacity];
        _sizes = new ulong[capacity];
    }

    public int Count { get; private set; }

    /// <summary>Where the program's block begins: 16 bytes into the chunk, the address that malloc returned.</summary>
    public Address BlockOf(int chunk) => new(_addresses[chunk] + 16);

    /// <summary>Where the chunk's own bytes begin, by glibc's way of counting: at the size field of the chunk before it.</summary>
    public Address AddressOf(int chunk) => new(_addresses[chunk]);

    public ulong SizeOf(int chunk) => _sizes[chunk] & ~15UL;

    public ChunkState StateOf(int chunk) => (ChunkState)(_sizes[chunk] & 15);

    /// <summary>What <c>malloc_usable_size(3)</c> says: the size less the header, which for a mapped chunk is not shared with its neighbour.</summary>
    public ulong UsableOf(int chunk) => SizeOf(chunk) - (StateOf(chunk) == ChunkState.Mapped ? 16UL : 8UL);

    public void Add(ulong address, ulong size, ChunkState state)
    {
        if (Count == _addresses.Length)
        {
            Array.Resize(ref _addresses, Count * 2);
            Array.Resize(ref _sizes, Count * 2);
        }
        _addresses[Count] = address;
        _sizes[Count++] = size & ~15UL | (ulong)state;
    }

    /// <summary>Gives the chunk at an address another state; false when no chunk begins there.</summary>
    public bool SetState(ulong address, ChunkState state)
    {
        var i = Array.BinarySearch(_addresses, 0, Count, address);
        if (i < 0)
            return false;
        _sizes[i] = _sizes[i] & ~15UL | (ulong)state;
        return true;
    }

    /// <summary>The chunk whose bytes hold an address, or -1.</summary>
    public int IndexOf(Address address)
    {
        var i = Array.BinarySearch(_addresses, 0, Count, address.Value);
        if (i < 0)
            i = ~i - 1;
        return i >= 0 && address.Value - _addresses[i] < SizeOf(i) ? i : -1;
    }

    /// <summary>Brings the chunks in order of address. Heaps are walked one after the other, so this is mostly done already.</summary>
    public void Sort() => Array.Sort(_addresses, _sizes, 0, Count);
}
