using VmAtlas.Model;

namespace VmAtlas.Formats.Vmatlas.Traces;

/// <summary>Reads what <see cref="EventEncoder"/> wrote, a batch at a time. Nothing in it is believed.</summary>
static class EventDecoder
{
    const int Batch = 4096;
    const double MostWeight = 1e12;

    /// <param name="events">Is told each batch; the span is valid during the call only.</param>
    /// <exception cref="InvalidDataException">The content says what can not be.</exception>
    public static void Decode(ReadOnlySpan<byte> content, Action<ReadOnlySpan<TraceEvent>> events)
    {
        var from = new ByteCursor(content);
        var count = from.Count(from.Remaining, "events");
        var time = (long)Math.Min(from.VarInt(), long.MaxValue / 2) >> EventEncoder.TimeShift;
        var kinds = new EventKind[from.Count(from.Remaining, "kinds of events")];
        for (var i = 0; i < kinds.Length; i++)
            kinds[i] = EventKind.Read(ref from);
        var sites = new uint[from.Count(from.Remaining, "call sites")];
        var before = 0UL;
        for (var i = 0; i < sites.Length; i++)
            sites[i] = (uint)(before = Within(ZigZag.Back(from.VarInt(), before), uint.MaxValue, "a call site"));
        var contexts = new Contexts(kinds, from.Count(1, "as a way to tell addresses") == 1);
        var columns = new Columns(ref from);
        var batch = new TraceEvent[Math.Min(Batch, count)];
        for (var done = 0; done < count;)
        {
            var now = Math.Min(Batch, count - done);
            for (var i = 0; i < now; i++)
                columns.Next(kinds, sites, contexts, ref time, out batch[i]);
            events(batch.AsSpan(0, now));
            done += now;
        }
    }

    static ulong Within(ulong value, ulong most, string what) =>
        value <= most ? value : throw new InvalidDataException($"{what} is {value} where {most} is the most");

    /// <summary>The address before, of each kind or of each thread that the kinds name.</summary>
    readonly struct Contexts
    {
        readonly int[] _ofKind;
        readonly ulong[] _last;

        public Contexts(EventKind[] kinds, bool byKind)
        {
            var numbers = new Dictionary<int, int>();
            _ofKind = new int[kinds.Length];
            for (var i = 0; i < kinds.Length; i++)
            {
                var context = byKind ? i : kinds[i].Thread;
                numbers.TryAdd(context, numbers.Count);
                _ofKind[i] = numbers[context];
            }
            _last = new ulong[numbers.Count];
        }

        public ref ulong LastAddress(int kind) => ref _last[_ofKind[kind]];
    }

    ref struct Columns
    {
        ByteCursor _kinds, _times, _addresses, _sizes, _sites, _others;

        public Columns(ref ByteCursor from)
        {
            _kinds = Column(ref from);
            _times = Column(ref from);
            _addresses = Column(ref from);
            _sizes = Column(ref from);
            _sites = Column(ref from);
            _others = Column(ref from);
            if (!from.AtEnd)
                throw new InvalidDataException("bytes are left over after the last column of events");
        }

        public void Next(EventKind[] kinds, uint[] sites, in Contexts contexts, ref long time, out TraceEvent e)
        {
            var number = _kinds.Count(kinds.Length - 1, "as a kind of event");
            ref readonly var kind = ref kinds[number];
            time = (long)Within(_times.VarInt(), (ulong)(long.MaxValue >> EventEncoder.TimeShift) - (ulong)time, "a step in time") + time;
            ref var last = ref contexts.LastAddress(number);
            var step = _addresses.VarInt();
            var address = last = kind.Has(EventFields.Unaligned) ? ZigZag.Back(step, last) : ZigZag.Back(step, last >> 4) << 4;
            e = new TraceEvent
            {
                Time = time << EventEncoder.TimeShift, Thread = kind.Thread, Operation = kind.Operation, Function = kind.Function,
                Protection = kind.Protection, Address = address, Weight = 1,
            };
            if (kind.Has(EventFields.Size))
                e.Size = _sizes.VarInt();
            if (kind.Has(EventFields.Site))
                e.Site = sites[_sites.Count(sites.Length - 1, "as a call site")];
            if (kind.Has(EventFields.OldAddress))
                e.OldAddress = ZigZag.Back(_others.VarInt(), address);
            if (kind.Has(EventFields.OldSize))
                e.OldSize = _others.VarInt();
            if (kind.Has(EventFields.Weight))
                e.Weight = Weight(BitConverter.Int64BitsToDouble(_others.Int64()));
        }

        static double Weight(double weight) =>
            weight is >= 0 and <= MostWeight ? weight : throw new InvalidDataException("the weight of an event can not be");

        static ByteCursor Column(ref ByteCursor from) => new(from.Bytes(from.Count(from.Remaining, "bytes of a column")));
    }
}
