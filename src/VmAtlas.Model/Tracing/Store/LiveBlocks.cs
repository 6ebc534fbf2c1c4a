using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace VmAtlas.Model.Tracing;

/// <summary>All live blocks by address: open addressing, linear probing, and no graves, because what follows a freed slot moves up.</summary>
/// <remarks>Rows of 32 bytes rather than a column for each field: a block is looked up whole, once, and so costs one cache miss.</remarks>
sealed class LiveBlocks
{
    LiveBlock[] _slots = new LiveBlock[1 << 10];

    /// <summary>Only in a sampled trace; parallel to the slots.</summary>
    double[]? _weights;

    int _shift = 64 - 10;

    public int Count { get; private set; }

    /// <summary>Puts a block in the place of one at the same address, if there is one.</summary>
    /// <returns>Whether one was there.</returns>
    public bool Put(in LiveBlock block, double weight, out LiveBlock before, out double weightBefore)
    {
        if (Count >= _slots.Length / 8 * 5)
            Grow();
        if (weight != 1 && _weights is null)
            Array.Fill(_weights = new double[_slots.Length], 1);
        var at = Find(block.Address);
        before = _slots[at];
        weightBefore = _weights is null ? 1 : _weights[at];
        _slots[at] = block;
        if (_weights is not null)
            _weights[at] = weight;
        if (before.Address != 0)
            return true;
        Count++;
        return false;
    }

    public bool TryRemove(ulong address, out LiveBlock block, out double weight)
    {
        var at = Find(address);
        block = _slots[at];
        weight = _weights is null ? 1 : _weights[at];
        if (block.Address == 0)
            return false;
        Count--;
        Close(at);
        return true;
    }

    public bool TryGet(ulong address, out LiveBlock block)
    {
        block = _slots[Find(address)];
        return block.Address != 0;
    }

    /// <summary>Has the slot of an address fetched, which is looked at soon: blocks are given back in any order, and each would wait for memory.</summary>
    public unsafe void Prefetch(ulong address)
    {
        // Only a hint: should the collector move the array meanwhile, nothing worse happens than no help.
        if (Sse.IsSupported)
            Sse.Prefetch0(Unsafe.AsPointer(ref _slots[Home(address)]));
    }

    /// <summary>In no order.</summary>
    public LiveBlock[] ToArray()
    {
        var (blocks, n) = (new LiveBlock[Count], 0);
        foreach (ref readonly var block in _slots.AsSpan())
        {
            if (block.Address != 0)
                blocks[n++] = block;
        }
        return blocks;
    }

    /// <summary>The slot of an address, or the free one where it would go.</summary>
    int Find(ulong address)
    {
        var slots = _slots;
        var mask = slots.Length - 1;
        for (var i = Home(address); ; i = (i + 1) & mask)
        {
            var there = slots[i & mask].Address;
            if (there == address || there == 0)
                return i;
        }
    }

    /// <summary>Fibonacci hashing; blocks are aligned to 16 bytes mostly, so the low four bits say little.</summary>
    int Home(ulong address) => (int)(unchecked((address >> 4 ^ address << 60) * 0x9E3779B97F4A7C15) >> _shift);

    /// <summary>Moves each later block of the run up that may stand in the hole, until the run ends.</summary>
    void Close(int hole)
    {
        var mask = _slots.Length - 1;
        for (var i = (hole + 1) & mask; _slots[i].Address != 0; i = (i + 1) & mask)
        {
            var home = Home(_slots[i].Address);
            if (((i - home) & mask) < ((i - hole) & mask))
                continue;
            _slots[hole] = _slots[i];
            if (_weights is not null)
                _weights[hole] = _weights[i];
            hole = i;
        }
        _slots[hole].Address = 0;
    }

    void Grow()
    {
        var (old, weights) = (_slots, _weights);
        _slots = new LiveBlock[old.Length * 2];
        _weights = weights is null ? null : new double[_slots.Length];
        _shift = 64 - BitOperations.Log2((uint)_slots.Length);
        for (var i = 0; i < old.Length; i++)
        {
            if (old[i].Address == 0)
                continue;
            var at = Find(old[i].Address);
            _slots[at] = old[i];
            if (_weights is not null)
                _weights[at] = weights![i];
        }
    }
}
