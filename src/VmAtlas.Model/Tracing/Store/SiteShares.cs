using System.Numerics;
using System.Runtime.CompilerServices;

namespace VmAtlas.Model.Tracing;

/// <summary>The numbers of shares by call site and thread: a hash table that only grows, and is filled to a quarter at most, so that a share is nearly
/// always in the slot where one looks first.</summary>
sealed unsafe class SiteShares
{
    public struct Slot
    {
        /// <summary><see cref="NoKey"/> where the slot is free.</summary>
        public ulong Key;

        public int Share;
    }

    /// <summary>No thread has this number.</summary>
    const ulong NoKey = ulong.MaxValue;

    /// <summary>Fibonacci hashing.</summary>
    const ulong Golden = 0x9E3779B97F4A7C15;

    Slot[] _slots = Empty(512);
    int _shift = 64 - 9;
    int _count;

    /// <summary>The slots, for <see cref="AtHome"/>; they change place when a share is added.</summary>
    public Slot* First => (Slot*)Unsafe.AsPointer(ref _slots[0]);

    public int Shift => _shift;

    /// <summary>The slot where one looks first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Slot* AtHome(Slot* first, int shift, ulong key) => first + (nuint)(unchecked(key * Golden) >> shift);

    public bool TryGet(uint node, int thread, out int share)
    {
        ref var slot = ref SlotOf(KeyOf(node, thread));
        share = slot.Share;
        return slot.Key != NoKey;
    }

    /// <summary>It must not be there.</summary>
    public void Add(uint node, int thread, int share)
    {
        if (++_count * 4 > _slots.Length)
            Grow();
        var key = KeyOf(node, thread);
        SlotOf(key) = new Slot { Key = key, Share = share };
    }

    /// <summary>An event's thread and site lie side by side: both are read at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong KeyOf(TraceEvent* e) => BitConverter.IsLittleEndian ? *(ulong*)&e->Thread : KeyOf(e->Site, e->Thread);

    static ulong KeyOf(uint node, int thread) => (ulong)node << 32 | (uint)thread;

    /// <summary>Where a key is, or the free slot where it belongs.</summary>
    ref Slot SlotOf(ulong key)
    {
        var at = (int)(AtHome(First, _shift, key) - First);
        while (_slots[at].Key != NoKey && _slots[at].Key != key)
            at = (at + 1) & (_slots.Length - 1);
        return ref _slots[at];
    }

    void Grow()
    {
        var old = _slots;
        _slots = Empty(old.Length * 2);
        _shift = 64 - BitOperations.Log2((uint)_slots.Length);
        foreach (var slot in old)
        {
            if (slot.Key != NoKey)
                SlotOf(slot.Key) = slot;
        }
    }

    static Slot[] Empty(int length)
    {
        var slots = GC.AllocateUninitializedArray<Slot>(length, pinned: true);
        Array.Fill(slots, new Slot { Key = NoKey });
        return slots;
    }
}
