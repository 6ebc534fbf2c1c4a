using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace VmAtlas.Model.Tracing;

/// <summary>All live blocks by address: a hash table of buckets of two, one cache line each, so that nearly every look-up costs one cache miss, which
/// <see cref="Prefetch"/> has taken before, and no branch that can not be foretold.</summary>
/// <remarks>What finds its bucket full goes to the next; each bucket counts what was passed on (<see cref="LiveBlock.Passed"/>), so nothing moves when a block
/// is taken out.</remarks>
sealed unsafe class LiveBlocks
{
    const int FirstBuckets = 1 << 9;

    /// <summary>Fibonacci hashing; blocks are aligned to 16 bytes mostly, so the low four bits say little.</summary>
    const ulong Golden = 0x9E3779B97F4A7C15;

    const int Lanes = 2;
    const int LineSize = 64;

    LiveBlock* _slots;

    /// <summary>Where the slots are; pinned, so that they stay where they are.</summary>
    LiveBlock[] _memory;

    /// <summary>Only in a sampled trace; parallel to the slots.</summary>
    double[]? _weights;

    int _shift;
    uint _mask;
    int _most;

    public LiveBlocks() => _memory = Allocate(FirstBuckets);

    public int Count { get; private set; }

    int Slots => (int)(_mask + 1) * Lanes;

    /// <summary>Makes room for so many more: nothing moves until as many were taken.</summary>
    public void Reserve(int more)
    {
        while (Count > _most - more)
            Grow();
    }

    /// <summary>The bucket of an address, as the other methods want it: known once for all, until room is made.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Home(ulong address) => (uint)(unchecked((address >> 4 ^ address << 60) * Golden) >> _shift);

    /// <summary>A free slot for a block, as <see cref="Take"/> gives it, where that is plain to see: in the address's own bucket. Else null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LiveBlock* TakeAtHome(ulong address, uint home)
    {
        var bucket = Bucket(home);
        var slot = bucket + (bucket->Address != 0 ? 1 : 0);
        if (slot->Address != 0 || bucket->Address == address || bucket[1].Address == address || bucket->Passed != 0 || address == 0)
            return null;
        Count++;
        return slot;
    }

    /// <summary>The block at an address where it lies in the address's own bucket; else null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LiveBlock* FindAtHome(ulong address, uint home)
    {
        var bucket = Bucket(home);
        var slot = bucket + (bucket[1].Address == address ? 1 : 0);
        return slot->Address == address && address != 0 ? slot : null;
    }

    /// <param name="slot">As <see cref="FindAtHome"/> gave it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RemoveAtHome(LiveBlock* slot)
    {
        Count--;
        slot->Address = 0;
    }

    /// <summary>The slot of an address, to be filled or changed at once: the block there, or a free slot, which counts as taken from now on. It keeps the
    /// block until room is made.</summary>
    /// <param name="isNew">Nothing was there: <see cref="LiveBlock.Address"/> is 0.</param>
    public ref LiveBlock Take(ulong address, uint home, out bool isNew)
    {
        ref var known = ref Find(address, home);
        isNew = Unsafe.IsNullRef(ref known);
        if (!isNew)
            return ref known;
        Count++;
        return ref *Free(home);
    }

    /// <summary>The block at an address, to be read before <see cref="Remove"/>; a null reference where none is.</summary>
    public ref LiveBlock Find(ulong address, uint home)
    {
        var found = FindAtHome(address, home);
        for (var at = home; found == null && Bucket(at)->Passed != 0;)
            found = FindAtHome(address, at = (at + 1) & _mask);
        return ref *found;
    }

    /// <param name="slot">As <see cref="Find"/> gave it.</param>
    public void Remove(ref LiveBlock slot, uint home)
    {
        Count--;
        slot.Address = 0;
        Pass(home, (uint)NumberOf(ref slot) / Lanes, -1);
    }

    /// <summary>How many blocks one in the table stands for.</summary>
    public double Weight(ref LiveBlock slot) => _weights is null ? 1 : _weights[NumberOf(ref slot)];

    public void SetWeight(ref LiveBlock slot, double weight)
    {
        if (_weights is null)
        {
            if (weight == 1)
                return;
            Array.Fill(_weights = new double[Slots], 1);
        }
        _weights[NumberOf(ref slot)] = weight;
    }

    public bool TryGet(ulong address, out LiveBlock block)
    {
        ref var found = ref Find(address, Home(address));
        var isFound = !Unsafe.IsNullRef(ref found);
        block = isFound ? found : default;
        return isFound;
    }

    /// <summary>Has a bucket fetched, which is looked at soon: blocks are given back in any order, and each would wait for memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(uint home)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(Bucket(home));
    }

    /// <summary>In no order.</summary>
    public LiveBlock[] ToArray()
    {
        var (blocks, n) = (new LiveBlock[Count], 0);
        foreach (ref readonly var block in new ReadOnlySpan<LiveBlock>(_slots, Slots))
        {
            if (block.Address != 0)
                blocks[n++] = block with { Passed = 0 };
        }
        return blocks;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    LiveBlock* Bucket(uint number) => _slots + (nint)number * Lanes;

    int NumberOf(ref LiveBlock slot) => (int)((LiveBlock*)Unsafe.AsPointer(ref slot) - _slots);

    /// <summary>A free slot for a block that is not there.</summary>
    LiveBlock* Free(uint home)
    {
        var at = home;
        while (Bucket(at)[0].Address != 0 && Bucket(at)[1].Address != 0)
            at = (at + 1) & _mask;
        Pass(home, at, 1);
        return Bucket(at) + (Bucket(at)->Address == 0 ? 0 : 1);
    }

    /// <summary>One more or less was passed on by all buckets from its home to the one before where it is. A full count stays so: look-ups go further than
    /// they need to, until the table grows.</summary>
    void Pass(uint home, uint at, int change)
    {
        for (var i = home; i != at; i = (i + 1) & _mask)
        {
            ref var passed = ref Bucket(i)->Passed;
            if (passed != byte.MaxValue)
                passed = (byte)(passed + change);
        }
    }

    LiveBlock[] Allocate(int buckets)
    {
        var memory = GC.AllocateArray<LiveBlock>((buckets + 1) * Lanes, pinned: true);
        _slots = (LiveBlock*)(((nint)Unsafe.AsPointer(ref memory[0]) + LineSize - 1) & -LineSize);
        _mask = (uint)buckets - 1;
        _shift = 64 - BitOperations.Log2((uint)buckets);
        _most = buckets;
        return memory;
    }

    void Grow()
    {
        var slots = _slots;
        var (old, weights, count) = (_memory, _weights, Slots);
        _memory = Allocate((int)(_mask + 1) * 2);
        _weights = weights is null ? null : new double[Slots];
        for (var i = 0; i < count; i++)
        {
            if (slots[i].Address == 0)
                continue;
            var slot = Free(Home(slots[i].Address));
            *slot = slots[i] with { Passed = slot->Passed };
            if (_weights is not null)
                _weights[NumberOf(ref *slot)] = weights![i];
        }
        GC.KeepAlive(old);
    }
}
