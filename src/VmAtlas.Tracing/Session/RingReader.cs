using VmAtlas.Model;

namespace VmAtlas.Tracing.Session;

/// <summary>Reads one thread's ring. A ring goes from a thread that ended to a later one, which gets a reader of its own.</summary>
/// <remarks>Whatever the words say, no more is read than the ring has, and an unknown kind of word ends this thread's trace: the target can write
/// there as it likes.</remarks>
sealed unsafe class RingReader
{
    const ulong Mask = SessionLayout.RingWords - 1;
    const ulong AddressBits = (1UL << 44) - 1;

    readonly WeightTable _weights;
    readonly ulong* _words;
    ulong _tail;
    ulong _dropped;

    public RingReader(RingHeader* ring, int thread, WeightTable weights)
    {
        (Thread, Tid, _weights) = (thread, (int)ring->Tid, weights);
        Ring = ring;
        _words = (ulong*)((byte*)ring + SessionLayout.RingHeaderSize);
        _tail = ring->Tail;
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

    /// <summary>Operations dropped since the last time this was asked.</summary>
    public long TakeDropped()
    {
        var now = Volatile.Read(ref Ring->Dropped);
        var since = (long)(now - _dropped);
        _dropped = now;
        return since;
    }

    /// <summary>Takes what is published, and makes room for more.</summary>
    /// <returns>Whether there was anything.</returns>
    public bool Drain()
    {
        var head = Volatile.Read(ref Ring->Head);
        if (head == _tail || IsBroken)
            return false;
        if (head - _tail > SessionLayout.RingWords)
            IsBroken = true;
        else
            Decode(head);
        Volatile.Write(ref Ring->Tail, _tail);
        return true;
    }

    void Decode(ulong head)
    {
        const int MostEventsOfAWord = 2;
        Queue.Reserve((int)(head - _tail) * MostEventsOfAWord);
        var words = _words;
        var (tail, last, thread) = (_tail, LastTicks, Thread);
        while (tail != head)
        {
            var word = words[tail++ & Mask];
            var ticks = last + (long)(word >> 4 & 0xffff);
            switch ((WordKind)(word & 15))
            {
                case WordKind.Time:
                    last = (long)(word >> 4);
                    continue;
                case WordKind.Alloc when tail != head:
                    Allocation(word, words[tail++ & Mask], ticks, thread);
                    break;
                case WordKind.Free:
                    Release(word, ticks, TraceFunction.Free);
                    break;
                case WordKind.Delete:
                    Release(word, ticks, TraceFunction.OperatorDelete);
                    break;
                case WordKind.DeleteArray:
                    Release(word, ticks, TraceFunction.OperatorDeleteArray);
                    break;
                case WordKind.Long when head - tail >= SessionLayout.LongWords:
                    LongEvent(word, tail, ticks);
                    tail += SessionLayout.LongWords;
                    break;
                default:
                    IsBroken = true;
                    tail = head;
                    break;
            }
            last = ticks;
        }
        _tail = tail;
        LastTicks = last;
    }

    void Allocation(ulong word, ulong second, long ticks, int thread)
    {
        ref var e = ref Queue.Add();
        e.Time = ticks;
        e.Address = (word >> 20 & AddressBits) << 3;
        e.Size = second >> 37;
        e.Weight = _weights.Of(second >> 37);
        e.Thread = thread;
        e.Site = unchecked((uint)second);
        e.Operation = TraceOperation.Allocate;
        e.Function = (TraceFunction)(second >> 32 & 31);
    }

    void Release(ulong word, long ticks, TraceFunction function)
    {
        ref var e = ref Queue.Add();
        e.Time = ticks;
        e.Address = (word >> 20 & AddressBits) << 3;
        e.Weight = 1;
        e.Thread = Thread;
        e.Operation = TraceOperation.Free;
        e.Function = function;
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
            Size = _words[(at + 1) & Mask],
            OldAddress = _words[(at + 2) & Mask],
            OldSize = _words[(at + 3) & Mask],
            Site = unchecked((uint)_words[(at + 4) & Mask]),
        };
        var released = unchecked((long)_words[(at + 5) & Mask]);
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
