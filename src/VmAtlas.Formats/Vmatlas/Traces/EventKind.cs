using System.Runtime.CompilerServices;
using VmAtlas.Model;

namespace VmAtlas.Formats.Vmatlas.Traces;

/// <summary>What many events of a chunk have in common: said once, and then each event is one small number.</summary>
readonly record struct EventKind(TraceOperation Operation, TraceFunction Function, int Thread, Protection Protection, EventFields Fields)
{
    public static EventKind Of(in TraceEvent e) => new(e.Operation, e.Function, e.Thread, e.Protection, FieldsOf(e));

    /// <summary>All of the kind of an event in one word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong KeyOf(in TraceEvent e) =>
        (ulong)(uint)e.Thread << 32 | (ulong)e.Operation << 24 | (ulong)e.Function << 16 | (ulong)e.Protection << 8 | (ulong)FieldsOf(e);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static EventFields FieldsOf(in TraceEvent e) =>
        (e.Address % 16 != 0 ? EventFields.Unaligned : 0) | (e.Size != 0 ? EventFields.Size : 0) | (e.Site != 0 ? EventFields.Site : 0)
        | (e.OldAddress != 0 ? EventFields.OldAddress : 0) | (e.OldSize != 0 ? EventFields.OldSize : 0) | (e.Weight != 1 ? EventFields.Weight : 0);

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
