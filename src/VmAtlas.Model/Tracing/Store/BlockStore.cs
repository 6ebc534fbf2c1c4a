using System.Runtime.CompilerServices;

namespace VmAtlas.Model.Tracing;

/// <summary>What the blocks of a trace come to: which are live, and what every call site asked for.</summary>
sealed unsafe class BlockStore(bool isSampled, NodeTable nodes, MappingOwners mappings)
{
    /// <summary>Events whose buckets are fetched before any is looked at: all of both stays in the first-level cache.</summary>
    public const int MostAtOnce = 128;

    /// <summary>No address space is larger; what says so is damaged or made up.</summary>
    const ulong MostBytes = 1UL << MostBytesShift;

    const int MostBytesShift = 56;

    readonly LiveBlocks _live = new();
    readonly nint[] _buckets = new nint[MostAtOnce];

    /// <summary>By thread: the block it was handed out, where that was the last thing it did with memory.</summary>
    readonly ulong[] _lastBlocks = GC.AllocateArray<ulong>(ThreadNames.Most, pinned: true);

    public SiteTable Sites { get; } = new();

    public int Count => _live.Count;

    public long UnknownFrees { get; private set; }

    public long LostFrees { get; private set; }

    /// <summary>In no order.</summary>
    public LiveBlock[] ToArray() => Array.ConvertAll(_live.ToArray(), BlockOf);

    public LiveBlock? At(Address address) => _live.TryGet(address.Value, out var slot) ? BlockOf(slot) : null;

    /// <param name="events">One to <see cref="MostAtOnce"/>.</param>
    public void Take(ReadOnlySpan<TraceEvent> events)
    {
        _live.Reserve(events.Length);
        fixed (TraceEvent* first = events)
        fixed (nint* buckets = _buckets)
        {
            _live.FindBuckets(first, events.Length, (BlockSlot**)buckets);
            for (var i = 0; i < events.Length; i++)
            {
                if (!isSampled)
                    i += TakeUsual(first + i, first + events.Length, (BlockSlot**)buckets + i);
                if (i < events.Length)
                    TakeOther(first[i]);
            }
        }
    }

    /// <summary>The usual events of an exact trace, on the shortest way: a new block of a known call site, or one given back, with nothing in its way.
    /// Whether it is the one or the other can not be foretold, so no branch asks for it: <c>freed</c> is all ones where it is given back.</summary>
    /// <returns>How many they were, up to the first that is another case.</returns>
    int TakeUsual(TraceEvent* first, TraceEvent* end, BlockSlot** bucket)
    {
        var ledger = Sites.Ledger;
        var known = Sites.Numbers.First;
        var shift = Sites.Numbers.Shift;
        var lasts = (ulong*)Unsafe.AsPointer(ref _lastBlocks[0]);
        ledger->FreedCount = 0;
        var e = first;
        for (; e < end; e++, bucket++)
        {
            var free = unchecked((ulong)e->Operation - (ulong)TraceOperation.Allocate); // 0 or 1
            var freed = unchecked(0 - free);
            if ((free | e->Size >> MostBytesShift - 1) > 1 || (uint)e->Thread >= ThreadNames.Most || !LiveBlocks.IsUsual(*bucket, e->Address, freed, out var slot))
                break;
            var key = SiteShares.KeyOf(e);
            var number = SiteShares.AtHome(known, shift, key);
            if (((number->Key ^ key) & ~freed) != 0)
                break;
            var share = number->Share ^ (number->Share ^ slot->Share) & unchecked((int)freed);
            var size = e->Size ^ (e->Size ^ slot->Size) & freed;
            var taken = e->Address & ~freed;
            slot->Address = taken;
            slot->Size = size;
            slot->Time = e->Time;
            slot->Share = share;
            slot->Function = e->Function;
            ledger->FreedCount = unchecked(ledger->FreedCount + (long)free);
            var last = lasts + (uint)e->Thread;
            var fate = unchecked(free + ((*last == e->Address ? 1UL : 0) & free));
            *last = taken;
            ledger->Change(share, (nuint)fate, unchecked((long)freed), (long)size, 1, e->Time);
        }
        var count = (int)(e - first);
        _live.Changed(count - 2 * (int)ledger->FreedCount);
        return count;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    void TakeOther(in TraceEvent e)
    {
        if (e.Operation == TraceOperation.Free)
            Free(e);
        else if (e.Operation is not (TraceOperation.Allocate or TraceOperation.Resize))
            mappings.Take(e);
        else if (e.Address != 0)
            Allocate(e);
    }

    void Allocate(in TraceEvent e)
    {
        var thread = ThreadNames.NumberOf(e.Thread);
        ref var block = ref _live.Take(e.Address, out var isNew);
        if (!isNew || e.Operation == TraceOperation.Resize)
            TakeOver(ref block, isNew, e);
        block.Address = e.Address;
        block.Size = Math.Min(e.Size, MostBytes);
        block.Time = e.Time;
        block.Share = Sites.ShareOf(nodes.Known(e.Site), thread);
        block.Function = e.Function;
        if (isSampled)
            _live.SetWeight(ref block, e.Weight);
        Change(ref block, BlockFate.HandedOut, e.Time);
        _lastBlocks[thread] = e.Address;
    }

    /// <summary>A block is handed out where one is live, or one is resized.</summary>
    void TakeOver(ref BlockSlot before, bool isNew, in TraceEvent e)
    {
        if (isNew)
        {
            UnknownFrees++;
            return;
        }
        Change(ref before, BlockFate.GivenBack, e.Time);
        if (e.Operation != TraceOperation.Resize)
            LostFrees++;
    }

    void Free(in TraceEvent e)
    {
        ref var last = ref _lastBlocks[ThreadNames.NumberOf(e.Thread)];
        ref var block = ref _live.Find(e.Address);
        if (Unsafe.IsNullRef(ref block))
            UnknownFrees++;
        else
        {
            Change(ref block, last == e.Address ? BlockFate.GivenBackAtOnce : BlockFate.GivenBack, e.Time);
            _live.Remove(ref block);
        }
        last = 0;
    }

    /// <summary>Of a sampled trace with what the block stands for.</summary>
    void Change(ref BlockSlot block, BlockFate fate, long time)
    {
        var weight = isSampled ? _live.Weight(ref block) : 1;
        var bytes = weight == 1 ? (long)block.Size : (long)Math.Min(Math.Round(block.Size * weight), 1e18);
        Sites.Change(block.Share, fate, bytes, weight, time);
    }

    LiveBlock BlockOf(BlockSlot slot) => new()
    {
        Address = slot.Address,
        Size = slot.Size,
        Time = slot.Time,
        Site = Sites.RowOf(slot.Share),
        Thread = (ushort)Sites.ThreadOf(slot.Share),
        Function = slot.Function,
    };
}
