using VmAtlas.Model;

namespace VmAtlas.Formats.Vmatlas.Traces;

/// <summary>What many events of a chunk have in common: said once, and then each event is one small number.</summary>
readonly record struct EventKind(TraceOperation Operation, TraceFunction Function, int Thread, Protection Protection, EventFields Fields)
{
    public static EventKind Of(in TraceEvent e) => new(e.Operation, e.Function, e.Thread, e.Protection,
        (e.Address % 16 != 0 ? EventFields.Unaligned : 0) | (e.Size != 0 ? EventFields.Size : 0) | (e.Site != 0 ? EventFields.Site : 0)
        | (e.OldAddress != 0 ? EventFields.OldAddress : 0) | (e.OldSize != 0 ? EventFields.OldSize : 0) | (e.Weight != 1 ? EventFields.Weight : 0));

    /// <summary>All of it in one word.</summary>
    public ulong Key => (ulong)(uint)Thread << 32 | (ulong)Operation << 24 | (ulong)Function << 16 | (ulong)Protection << 8 | (ulong)Fields;

    public bool Has(EventFields field) => (Fields & field) != 0;

    public void Write(ByteBuffer into)
    {
        into.Byte((byte)Operation);
        into.Byte((byte)Function);
        into.VarInt(Thread);
        into.Byte((byte)Protection);
        into.Byte((byte)Fields);
    }

    public static EventKind Read(ref ByteCursor from) => new(
        (TraceOperation)from.Byte(), (TraceFunction)from.Byte(), from.Count(int.MaxValue, "as the number of a thread"), (Protection)from.Byte(), (EventFields)from.Byte());
}
