using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace VmAtlas.Model.Tracing;

/// <summary>All live blocks by address: a hash table of buckets of two, one cache line each, so that nearly every look-up costs one cache miss, which
/// <see cref="Prefetch"/> has taken before, and no branch that can not be foretold.</summary>
/// <remarks>What finds its bucket full goes to the next; each bucket counts what was passed on (<see cref="BlockSlot.Passed"/>), so nothing moves when a block
/// is taken out.</remarks>
sealed unsafe class LiveBlocks
{
    const int FirstBuckets = 1 << 9;

    /// <summary>Fibonacci hashing; blocks are aligned to 16 bytes mostly, so the low four bits say little.</summary>
    const ulong Golden = 0x9E3779B97F4A7C15;

    const int Lanes = 2;
    const int LineSize = 64;

    BlockSlot* _slots;

    /// <summary>Where the slots are; pinned, so that they stay where they are.</summary>
    BlockSlot[] _memory;

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

    /// <summary>The bucket of an address, until room is made. Two places.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public BlockSlot* Bucket(ulong address) => Bucket(Home(address));

    /// <summary>Finds the buckets of events and has them fetched: blocks are given back in any order, and each would wait for memory.</summary>
    public void FindBuckets(TraceEvent* events, int count, BlockSlot** buckets)
    {
        var slots = (byte*)_slots;
        var shift = _shift;
        for (var end = events + count; events < end; events++)
        {
            var bucket = slots + HomeOf(events->Address, shift) * LineSize;
            *buckets++ = (BlockSlot*)bucket;
            if (Sse.IsSupported)
                Sse.Prefetch0(bucket);
        }
    }

    /// <summary>The place of an event's block, where it is plain to see: in the address's own bucket. Of a block given back, where it lies; of one handed
    /// out, a free place. Which of both it is can not be foretold, so no branch asks for it.</summary>
    /// <param name="bucket">As <see cref="Bucket(ulong)"/> gave it.</param>
    /// <param name="freed">All ones when the block is given back, else 0.</param>
    /// <returns>Null when it is another case. Else the place is the caller's to fill or to set free, and to <see cref="Changed"/>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsUsual(BlockSlot* bucket, ulong address, ulong freed, out BlockSlot* slot)
    {
        var wanted = address & freed;
        var unwanted = address | freed;
        slot = bucket + (bucket->Address == wanted ? 0 : 1);
        return slot->Address == wanted && bucket->Address != unwanted && bucket[1].Address != unwanted && (bucket->Passed & ~freed) == 0 && address != 0;
    }

    /// <summary>So many more are there, or fewer, by what <see cref="Usual"/> found.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Changed(int by) => Count += by;

    /// <summary>The slot of an address, to be filled or changed at once: the block there, or a free slot, which counts as taken from now on. It keeps the
    /// block until room is made.</summary>
    /// <param name="isNew">Nothing was there: <see cref="BlockSlot.Address"/> is 0.</param>
    public ref BlockSlot Take(ulong address, out bool isNew)
    {
        ref var known = ref Find(address);
        isNew = Unsafe.IsNullRef(ref known);
        if (!isNew)
            return ref known;
        Count++;
        return ref *Free(Home(address));
    }

    /// <summary>The block at an address, to be read before <see cref="Remove"/>; a null reference where none is.</summary>
    public ref BlockSlot Find(ulong address)
    {
        var at = Home(address);
        var found = FindIn(at, address);
        while (found == null && Bucket(at)->Passed != 0)
            found = FindIn(at = (at + 1) & _mask, address);
        return ref *found;
    }

    /// <param name="slot">As <see cref="Find"/> gave it.</param>
    public void Remove(ref BlockSlot slot)
    {
        Count--;
        var home = Home(slot.Address);
        slot.Address = 0;
        Pass(home, (uint)NumberOf(ref slot) / Lanes, -1);
    }

    /// <summary>How many blocks one in the table stands for.</summary>
    public double Weight(ref BlockSlot slot) => _weights is null ? 1 : _weights[NumberOf(ref slot)];

    public void SetWeight(ref BlockSlot slot, double weight)
    {
        if (_weights is null)
        {
            if (weight == 1)
                return;
            Array.Fill(_weights = new double[Slots], 1);
        }
        _weights[NumberOf(ref slot)] = weight;
    }

    public bool TryGet(ulong address, out BlockSlot block)
    {
        ref var found = ref Find(address);
        var isFound = !Unsafe.IsNullRef(ref found);
        block = isFound ? found : default;
        return isFound;
    }

    /// <summary>In no order.</summary>
    public BlockSlot[] ToArray()
    {
        var (blocks, n) = (new BlockSlot[Count], 0);
        foreach (ref readonly var block in new ReadOnlySpan<BlockSlot>(_slots, Slots))
        {
            if (block.Address != 0)
                blocks[n++] = block;
        }
        return blocks;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    uint Home(ulong address) => (uint)HomeOf(address, _shift);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static nuint HomeOf(ulong address, int shift) => (nuint)(unchecked((address >> 4 ^ address << 60) * Golden) >> shift);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    BlockSlot* Bucket(uint number) => _slots + (nint)number * Lanes;

    BlockSlot* FindIn(uint number, ulong address)
    {
        var bucket = Bucket(number);
        var slot = bucket + (bucket[1].Address == address ? 1 : 0);
        return slot->Address == address && address != 0 ? slot : null;
    }

    int NumberOf(ref BlockSlot slot) => (int)((BlockSlot*)Unsafe.AsPointer(ref slot) - _slots);

    /// <summary>A free slot for a block that is not there.</summary>
    BlockSlot* Free(uint home)
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

    BlockSlot[] Allocate(int buckets)
    {
        var memory = GC.AllocateArray<BlockSlot>((buckets + 1) * Lanes, pinned: true);
        _slots = (BlockSlot*)(((nint)Unsafe.AsPointer(ref memory[0]) + LineSize - 1) & -LineSize);
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
