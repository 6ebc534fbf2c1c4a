using System.Buffers.Binary;

namespace VmAtlas.Tracing.Attach;

/// <summary>A module's table of how to unwind (.eh_frame, found through .eh_frame_hdr), read in the target's memory where it is looked at. Nothing in it is
/// believed: all lengths are bounded, and what is not understood gives no rule.</summary>
sealed class UnwindTable(RemoteMemory memory, ulong header)
{
    const int MaxEntry = 16 << 10;
    const int MaxSteps = 4096;
    const int FramePointer = 6, StackPointer = 7, ReturnAddress = 16;

    enum Place : byte
    {
        Kept,
        AtCfa,
        AtFramePointer,
        Undefined,
        Other,
    }

    struct Row
    {
        public CfaBase Base;
        public bool IsUnderstood;
        public long Cfa, Fp, Ra;
        public Place FpPlace, RaPlace;
    }

    /// <summary>A common information entry, and the entry of one function.</summary>
    ref struct Entry
    {
        public ulong CodeAlign, Start, End;
        public long DataAlign;
        public byte Encoding;
        public bool IsSignal;
        public TableCursor Initial, Program;
    }

    /// <param name="pc">An address inside the instruction in question: one before a return address.</param>
    public UnwindRule? Find(ulong pc)
    {
        if (FindEntry(pc) is not { } at || memory.Read(at, MaxEntry) is not { Length: > 16 } bytes)
            return null;
        var function = new TableCursor(bytes, at);
        var length = function.Number(4);
        if (length is 0 or > MaxEntry - 4)
            return null;
        function = function.Slice((int)length);
        var commonAt = unchecked(function.Address - function.Number(4));
        var entry = new Entry();
        if (!ReadCommon(memory.Read(commonAt, 256), commonAt, ref entry))
            return null;
        entry.Start = function.Encoded(entry.Encoding, 0);
        entry.End = entry.Start + function.Encoded((byte)(entry.Encoding & 0x0f), 0);
        function.Skip(function.Unsigned());
        entry.Program = function;
        if (pc < entry.Start || pc >= entry.End)
            return null;
        if (entry.IsSignal)
            return new UnwindRule(CfaBase.Signal, 0, 0, null, false);
        var row = new Row();
        Run(entry.Initial, entry, pc, ref row, null);
        Run(entry.Program, entry, pc, ref row, row);
        return RuleOf(row);
    }

    /// <summary>The last entry of the sorted table whose start is not above an address.</summary>
    ulong? FindEntry(ulong pc)
    {
        var head = memory.Read(header, 32);
        if (head.Length < 32 || head[0] != 1 || head[3] != 0x3b) // sorted pairs of 4 bytes relative to the header: what every linker writes
            return null;
        var from = new TableCursor(head, header);
        from.Skip(4);
        from.Encoded(head[1], header);
        var count = from.Encoded(head[2], header);
        var table = from.Address;
        var wanted = unchecked((long)(pc - header));
        var (low, high) = (0UL, Math.Min(count, 1UL << 24));
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Pair(table, middle) is not { } pair)
                return null;
            if (pair.Start <= wanted)
                low = middle + 1;
            else
                high = middle;
        }
        return low > 0 && Pair(table, low - 1) is { } found ? unchecked(header + (ulong)found.Entry) : null;
    }

    (long Start, long Entry)? Pair(ulong table, ulong index)
    {
        var bytes = memory.Read(table + index * 8, 8);
        return bytes.Length < 8 ? null : (BinaryPrimitives.ReadInt32LittleEndian(bytes), BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(4)));
    }

    static bool ReadCommon(byte[] bytes, ulong at, ref Entry entry)
    {
        var from = new TableCursor(bytes, at);
        var length = from.Number(4);
        if (length is 0 or > 252)
            return false;
        from = from.Slice((int)length);
        from.Skip(4);
        var version = from.Number(1);
        var augmentation = from.Text();
        entry.CodeAlign = from.Unsigned();
        entry.DataAlign = from.Signed();
        _ = version == 1 ? from.Number(1) : from.Unsigned();
        if (augmentation.Length == 0 || augmentation[0] != (byte)'z')
            return false;
        var data = from.Slice((int)Math.Min(from.Unsigned(), 256));
        from.Skip((ulong)data.Left);
        foreach (var c in augmentation[1..])
        {
            if (c == (byte)'R')
                entry.Encoding = (byte)data.Number(1);
            else if (c == (byte)'P')
                data.Encoded((byte)(data.Number(1) & 0x0f), 0);
            else if (c == (byte)'L')
                data.Number(1);
            else if (c == (byte)'S')
                entry.IsSignal = true;
        }
        entry.Initial = from;
        return true;
    }

    static UnwindRule? RuleOf(in Row row) =>
        row.RaPlace == Place.Undefined ? new UnwindRule(CfaBase.None, 0, 0, null, false)
        : !row.IsUnderstood || row.RaPlace != Place.AtCfa ? null
        : row.FpPlace switch
        {
            Place.Kept => new UnwindRule(row.Base, row.Cfa, row.Ra, null, false),
            Place.AtCfa or Place.AtFramePointer => new UnwindRule(row.Base, row.Cfa, row.Ra, row.Fp, row.FpPlace == Place.AtFramePointer),
            _ => null,
        };

    static void Set(ref Row row, ulong register, Place place, long offset)
    {
        if (register == FramePointer)
            (row.FpPlace, row.Fp) = (place, offset);
        else if (register == ReturnAddress)
            (row.RaPlace, row.Ra) = (place, offset);
    }

    static void Restore(ref Row row, ulong register, in Row initial)
    {
        if (register == FramePointer)
            Set(ref row, register, initial.FpPlace, initial.Fp);
        else if (register == ReturnAddress)
            Set(ref row, register, initial.RaPlace, initial.Ra);
    }

    static void SetBase(ref Row row, ulong register, long? offset)
    {
        row.Base = register == StackPointer ? CfaBase.StackPointer : CfaBase.FramePointer;
        row.IsUnderstood = register is StackPointer or FramePointer;
        row.Cfa = offset ?? row.Cfa;
    }

    /// <summary>An expression of the one form [frame pointer + n], behind which the value may have to be loaded.</summary>
    static long? ByFramePointer(ref TableCursor from, bool loads)
    {
        var inner = from.Slice((int)Math.Min(from.Unsigned(), 256));
        from.Skip((ulong)inner.Left);
        if (inner.Number(1) != 0x70 + FramePointer)
            return null;
        var offset = inner.Signed();
        return loads && inner.Number(1) != 0x06 || inner.Left > 0 ? null : offset;
    }

    /// <summary>DW_CFA_*: follows the instructions up to an address.</summary>
    static void Run(TableCursor from, in Entry entry, ulong pc, ref Row row, Row? initial)
    {
        var saved = new Stack<Row>();
        var at = entry.Start;
        for (var step = 0; from.Left > 0; step++)
        {
            if (step == MaxSteps)
            {
                row.IsUnderstood = false;
                return;
            }
            var op = (byte)from.Number(1);
            ulong register = (ulong)(op & 0x3f), advance = 0;
            long? offset;
            switch (op & 0xc0)
            {
                case 0x40:
                    advance = register * entry.CodeAlign;
                    break;
                case 0x80:
                    Set(ref row, register, Place.AtCfa, (long)from.Unsigned() * entry.DataAlign);
                    break;
                case 0xc0:
                    Restore(ref row, register, initial ?? default);
                    break;
                default:
                    switch (op)
                    {
                        case 0x00:
                            break;
                        case 0x01:
                            advance = unchecked(from.Encoded(entry.Encoding, 0) - at);
                            break;
                        case 0x02 or 0x03 or 0x04:
                            advance = from.Number(1 << (op - 2)) * entry.CodeAlign;
                            break;
                        case 0x05:
                            register = from.Unsigned();
                            Set(ref row, register, Place.AtCfa, (long)from.Unsigned() * entry.DataAlign);
                            break;
                        case 0x06:
                            Restore(ref row, from.Unsigned(), initial ?? default);
                            break;
                        case 0x07:
                            Set(ref row, from.Unsigned(), Place.Undefined, 0);
                            break;
                        case 0x08:
                            Set(ref row, from.Unsigned(), Place.Kept, 0);
                            break;
                        case 0x09 or 0x14 or 0x15:
                            Set(ref row, from.Unsigned(), Place.Other, 0);
                            from.Unsigned();
                            break;
                        case 0x0a:
                            saved.Push(row);
                            break;
                        case 0x0b when saved.Count > 0:
                            row = saved.Pop();
                            break;
                        case 0x0c:
                            register = from.Unsigned();
                            SetBase(ref row, register, (long)from.Unsigned());
                            break;
                        case 0x0d:
                            SetBase(ref row, from.Unsigned(), null);
                            break;
                        case 0x0e:
                            row.Cfa = (long)from.Unsigned();
                            break;
                        case 0x0f:
                            offset = ByFramePointer(ref from, loads: true);
                            (row.Base, row.Cfa, row.IsUnderstood) = (CfaBase.AtFramePointer, offset ?? 0, offset is not null);
                            break;
                        case 0x10:
                            register = from.Unsigned();
                            offset = ByFramePointer(ref from, loads: false);
                            Set(ref row, register, offset is null ? Place.Other : Place.AtFramePointer, offset ?? 0);
                            break;
                        case 0x11:
                            register = from.Unsigned();
                            Set(ref row, register, Place.AtCfa, from.Signed() * entry.DataAlign);
                            break;
                        case 0x12:
                            register = from.Unsigned();
                            SetBase(ref row, register, from.Signed() * entry.DataAlign);
                            break;
                        case 0x13:
                            row.Cfa = from.Signed() * entry.DataAlign;
                            break;
                        case 0x16:
                            Set(ref row, from.Unsigned(), Place.Other, 0);
                            ByFramePointer(ref from, loads: false);
                            break;
                        case 0x2e:
                            from.Unsigned();
                            break;
                        default:
                            row.IsUnderstood = false;
                            return;
                    }
                    break;
            }
            at = unchecked(at + advance);
            if (advance != 0 && initial is not null && at > pc)
                return;
        }
    }
}
