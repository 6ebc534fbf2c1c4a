using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Tracing.Session;

/// <summary>Reads one thread's ring. A ring goes from a thread that ended to a later one, which gets a reader of its own.</summary>
/// <remarks>Whatever the words say, no more is read than the ring has, and an unknown kind of word ends this thread's trace: the target can write
/// there as it likes.</remarks>
sealed unsafe class RingReader
{
    const ulong Mask = SessionLayout.RingWords - 1;
    /// <summary>Words read at once: their events, 64 bytes each, are still in the second-level cache when they are taken.</summary>
    const int Portion = 512;

    readonly WeightTable _weights;
    readonly ulong* _words;
    ulong _tail, _head, _openFrom;
    ulong _dropped;

    public RingReader(RingHeader* ring, int thread, WeightTable weights)
    {
        (Thread, Tid, _weights) = (thread, (int)ring->Tid, weights);
        Ring = ring;
        _words = (ulong*)((byte*)ring + SessionLayout.RingHeaderSize);
        _tail = _head = ring->Tail;
        _dropped = ring->Dropped;
    }

    public EventQueue Queue { get; } = new();

    public int Thread { get; }

    public int Tid { get; }

    public RingHeader* Ring { get; }

    /// <summary>Of the last event read.</summary>
    public long LastTicks { get; private set; }

    /// <summary>The words were not the agent's.</summary>
    public bool IsBroken { get; private set; }

    public bool IsDrained => Volatile.Read(ref Ring->Head) == _tail;

    /// <summary>How much of the ring waits to be read, from 0 to 1.</summary>
    public double Fill => (double)unchecked(Volatile.Read(ref Ring->Head) - _tail) / SessionLayout.RingWords;

    /// <summary>There is more of what the last look found than was read.</summary>
    public bool HasMore => _tail != _head;

    /// <summary>No event that is still to be read is earlier than this; it may be as early.</summary>
    public long CompleteUntil =>
        HasMore || _openFrom == 1 && !IsBroken ? LastTicks
        : _openFrom == 0 || IsBroken ? long.MaxValue
        : unchecked((long)_openFrom);

    /// <summary>Operations dropped since the last time this was asked.</summary>
    public long TakeDropped()
    {
        var now = Volatile.Read(ref Ring->Dropped);
        var since = (long)(now - _dropped);
        _dropped = now;
        return since;
    }

    /// <summary>Notes what is published, to be read by <see cref="Read"/>.</summary>
    /// <returns>Whether there was anything new.</returns>
    public bool Look()
    {
        _openFrom = Volatile.Read(ref Ring->OpenFrom); // before the head: what was about to be published may be published since, but not the other way round
        var head = Volatile.Read(ref Ring->Head);
        if (head == _tail || IsBroken)
            return false;
        if (unchecked(head - _tail) > SessionLayout.RingWords)
            Break();
        else
            _head = head;
        return true;
    }

    /// <summary>Reads on and makes room in the ring.</summary>
    /// <param name="all">Even when many events wait already: so many are no longer in the processor's cache when they are taken.</param>
    /// <returns>Whether anything was read.</returns>
    public bool Read(bool all)
    {
        if (!HasMore || !all && Queue.Count >= Portion)
            return false;
        Queue.Reserve(Portion + SessionLayout.LongWords);
        var (tail, last) = (_tail, LastTicks);
        var end = unchecked(tail + Math.Min(_head - tail, Portion));
        while (IsBefore(tail, end) && !IsBroken)
        {
            tail = ReadShort(tail, end, ref last);
            if (IsBefore(tail, end))
                tail = ReadOther(tail, ref last);
        }
        if (IsBefore(_head, tail))
        {
            Queue.Added(-1); // half an event was published
            Break();
        }
        LastTicks = last;
        if (!IsBroken)
            Volatile.Write(ref Ring->Tail, _tail = tail);
        return true;
    }

    /// <summary>The counters may begin anywhere: the target can write there.</summary>
    static bool IsBefore(ulong a, ulong b) => unchecked((long)(b - a)) > 0;

    void Break()
    {
        IsBroken = true;
        Volatile.Write(ref Ring->Tail, _tail = _head = Volatile.Read(ref Ring->Head));
    }

    /// <summary>Events of one or two words, nearly all there are, up to the first that is something else. Whether a block was handed out or given back can
    /// not be foretold, so no branch asks for it.</summary>
    ulong ReadShort(ulong tail, ulong end, ref long lastTicks)
    {
        var words = _words;
        var (ticks, thread) = (lastTicks, Thread);
        ref var first = ref Queue.Free;
        ref var e = ref first;
        // The words after it are fetched before it is known how many an event has: the next one would wait for that.
        var (word, next) = (words[tail & Mask], words[unchecked(tail + 1) & Mask]);
        while (IsBefore(tail, end))
        {
            var kind = (uint)(word & 15);
            var more = kind == (uint)WordKind.Alloc ? 1UL : 0;
            if (unchecked(kind - (uint)WordKind.Alloc) > WordKind.DeleteArray - WordKind.Alloc)
                break;
            var after = words[unchecked(tail + 2) & Mask];
            tail = unchecked(tail + 1 + more);
            var second = next & unchecked(0 - more);
            var at = word;
            word = next ^ (next ^ after) & unchecked(0 - more);
            next = words[unchecked(tail + 1) & Mask];
            ticks += (long)(at >> 4 & 0xffff);
            e = default;
            e.Time = ticks;
            e.Address = at >> 20 << 3;
            e.Size = second >> 37;
            e.Weight = 1;
            e.Thread = thread;
            e.Site = unchecked((uint)second);
            e.Operation = (TraceOperation)((uint)TraceOperation.Free - (uint)more);
            e.Function = (TraceFunction)((uint)(second >> 32) & 31 | Unsafe.Add(ref MemoryMarshal.GetReference(GivenBackBy), (nint)kind));
            e = ref Unsafe.Add(ref e, 1);
        }
        var count = (int)(Unsafe.ByteOffset(ref first, ref e) / sizeof(TraceEvent));
        if (!_weights.IsExact)
            Weigh(MemoryMarshal.CreateSpan(ref first, count));
        Queue.Added(count);
        lastTicks = ticks;
        return tail;
    }

    /// <summary>By kind of word.</summary>
    static ReadOnlySpan<byte> GivenBackBy => [0, 0, 0, (byte)TraceFunction.Free, (byte)TraceFunction.OperatorDelete, (byte)TraceFunction.OperatorDeleteArray];

    void Weigh(Span<TraceEvent> events)
    {
        foreach (ref var e in events)
        {
            if (e.Operation == TraceOperation.Allocate)
                e.Weight = _weights.Of(e.Size);
        }
    }

    ulong ReadOther(ulong tail, ref long last)
    {
        var word = _words[tail & Mask];
        tail = unchecked(tail + 1);
        switch ((WordKind)(word & 15))
        {
            case WordKind.Time:
                last = (long)(word >> 4);
                break;
            case WordKind.Long when unchecked(_head - tail) >= SessionLayout.LongWords:
                last += (long)(word >> 4 & 0xffff);
                LongEvent(word, tail, last);
                tail = unchecked(tail + SessionLayout.LongWords);
                break;
            default:
                Break();
                break;
        }
        return tail;
    }

    void LongEvent(ulong word, ulong at, long ticks)
    {
        var function = (TraceFunction)(word >> 20 & 0xff);
        var e = new TraceEvent
        {
            Time = ticks,
            Function = function,
            Protection = (Protection)(word >> 28 & 0xff),
            Thread = Thread,
            Weight = 1,
            Address = _words[at & Mask],
            Size = _words[unchecked(at + 1) & Mask],
            OldAddress = _words[unchecked(at + 2) & Mask],
            OldSize = _words[unchecked(at + 3) & Mask],
            Site = unchecked((uint)_words[unchecked(at + 4) & Mask]),
        };
        var released = unchecked((long)_words[unchecked(at + 5) & Mask]);
        switch (function)
        {
            case TraceFunction.Mmap:
                Put(e, TraceOperation.Map);
                break;
            case TraceFunction.Munmap:
                PutReleased(e, TraceOperation.Unmap, released);
                break;
            case TraceFunction.Shmdt:
                PutReleased(e, TraceOperation.DetachShared, released);
                break;
            case TraceFunction.Mremap:
                Put(e, TraceOperation.Remap);
                break;
            case TraceFunction.Mprotect:
                Put(e, TraceOperation.Protect);
                break;
            case TraceFunction.Brk or TraceFunction.Sbrk:
                Put(e, TraceOperation.MoveBreak);
                break;
            case TraceFunction.Shmat:
                Put(e, TraceOperation.AttachShared);
                break;
            default:
                Block(e, released);
                break;
        }
    }

    /// <summary>A block that did not fit the short form, or realloc's.</summary>
    void Block(TraceEvent e, long released)
    {
        e.Weight = _weights.Of(e.Size);
        switch (e.Function)
        {
            case TraceFunction.Free or TraceFunction.OperatorDelete or TraceFunction.OperatorDeleteArray when released != 0:
                PutReleased(e, TraceOperation.Free, released);
                break;
            case TraceFunction.Free or TraceFunction.OperatorDelete or TraceFunction.OperatorDeleteArray:
                e.Weight = 1;
                Put(e, TraceOperation.Free);
                break;
            case TraceFunction.Realloc or TraceFunction.Reallocarray when e.OldAddress == e.Address:
                Put(e, TraceOperation.Resize);
                break;
            case TraceFunction.Realloc or TraceFunction.Reallocarray when e.OldAddress != 0:
                PutReleased(e with { Site = 0, Weight = 1 }, TraceOperation.Free, released);
                Put(e, TraceOperation.Allocate);
                break;
            default:
                Put(e, TraceOperation.Allocate);
                break;
        }
    }

    void Put(TraceEvent e, TraceOperation operation) => Queue.Add() = e with { Operation = operation };

    /// <summary>What is old was given back at an earlier moment than the event was published.</summary>
    void PutReleased(TraceEvent e, TraceOperation operation, long released) => Queue.Insert(e with
    {
        Operation = operation,
        Time = Math.Min(released, e.Time),
        Address = e.OldAddress,
        Size = e.OldSize,
        OldAddress = 0,
        OldSize = 0,
    });
}
