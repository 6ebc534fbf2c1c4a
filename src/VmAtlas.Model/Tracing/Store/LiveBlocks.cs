using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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
    int _most = MostOf(1 << 10);

    public int Count { get; private set; }

    /// <summary>The slot of an address, to be filled or changed at once: the block there, or a free slot, which counts as taken from now on. It keeps the
    /// block until the next call.</summary>
    /// <param name="isNew">Nothing was there: <see cref="LiveBlock.Address"/> is 0.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref LiveBlock Take(ulong address, out bool isNew)
    {
        if (Count >= _most)
            Grow();
        ref var slot = ref Slot(address);
        isNew = slot.Address == 0;
        if (isNew)
            Count++;
        return ref slot;
    }

    /// <summary>The block at an address, to be read before <see cref="Remove"/>; a null reference where none is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref LiveBlock Find(ulong address)
    {
        ref var slot = ref Slot(address);
        return ref slot.Address == 0 ? ref Unsafe.NullRef<LiveBlock>() : ref slot;
    }

    /// <param name="slot">As <see cref="Find"/> gave it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Remove(ref LiveBlock slot)
    {
        Count--;
        var hole = NumberOf(ref slot);
        if (Slot((hole + 1) & (_slots.Length - 1)).Address == 0)
            slot.Address = 0;
        else
            Close(hole);
    }

    /// <summary>How many blocks one in the table stands for.</summary>
    public double Weight(ref LiveBlock slot) => _weights is null ? 1 : _weights[NumberOf(ref slot)];

    public void SetWeight(ref LiveBlock slot, double weight)
    {
        if (_weights is null)
        {
            if (weight == 1)
                return;
            Array.Fill(_weights = new double[_slots.Length], 1);
        }
        _weights[NumberOf(ref slot)] = weight;
    }

    public bool TryGet(ulong address, out LiveBlock block)
    {
        block = Slot(address);
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
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    ref LiveBlock Slot(ulong address)
    {
        ref var slot = ref Slot(Home(address));
        if (slot.Address == address || slot.Address == 0)
            return ref slot;
        return ref SlotBehind(address);
    }

    ref LiveBlock SlotBehind(ulong address)
    {
        var mask = _slots.Length - 1;
        for (var i = Home(address); ; i = (i + 1) & mask)
        {
            ref var slot = ref Slot(i);
            if (slot.Address == address || slot.Address == 0)
                return ref slot;
        }
    }

    /// <summary>Numbers come from <see cref="Home"/> or are masked: they can not be beyond the table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    ref LiveBlock Slot(int number) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_slots), (nint)(uint)number);

    int NumberOf(ref LiveBlock slot) =>
        (int)((nuint)Unsafe.ByteOffset(ref MemoryMarshal.GetArrayDataReference(_slots), ref slot) / (nuint)Unsafe.SizeOf<LiveBlock>());

    /// <summary>Fibonacci hashing; blocks are aligned to 16 bytes mostly, so the low four bits say little.</summary>
    int Home(ulong address) => (int)(unchecked((address >> 4 ^ address << 60) * 0x9E3779B97F4A7C15) >> _shift);

    static int MostOf(int slots) => slots / 8 * 5;

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
        _most = MostOf(_slots.Length);
        for (var i = 0; i < old.Length; i++)
        {
            if (old[i].Address == 0)
                continue;
            ref var slot = ref Slot(old[i].Address);
            slot = old[i];
            if (_weights is not null)
                _weights[NumberOf(ref slot)] = weights![i];
        }
    }
}
