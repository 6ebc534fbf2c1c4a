using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace VmAtlas.Capture.Clr.Diagnostics;

/// <summary>Receives an event of the runtime's provider.</summary>
/// <param name="id">Its number within the provider, with <see cref="NetTraceReader.Rundown"/> added for the other one's.</param>
delegate void RuntimeEvent(int id, ReadOnlySpan<byte> payload);

/// <summary>Reads a nettrace stream (version 4, that of .NET 5 to 10) as it arrives and passes on the events of one provider, and those of the same name with
/// "Rundown" behind it, which tell at the end what there was all the time.</summary>
/// <remarks>
/// The stream is a sequence of objects: type, then a block whose length stands in front, aligned to four bytes of the stream. Metadata blocks say which
/// numbers stand for which event; event blocks hold the events. All else is passed over. The writer is the target, so each length is held
/// against what is left of its block, a block against <see cref="MaxBlock"/>, and the whole against <see cref="MaxBytes"/>.
/// </remarks>
sealed class NetTraceReader(Stream stream, string provider, RuntimeEvent receive)
{
    /// <summary>Tells the events of the second provider from the first's, whose numbers mean other things.</summary>
    public const int Rundown = 1 << 16;

    public const int MaxBlock = 32 << 20;
    public const long MaxBytes = 1L << 30;
    const int MaxKinds = 1 << 14, MaxName = 64, MaxStacks = 1 << 20;
    const byte NullReference = 1, BeginObject = 5, EndObject = 6;

    readonly Dictionary<uint, int> _eventOf = [];
    readonly Dictionary<uint, ulong[]> _stacks = [];
    byte[] _block = [];
    long _position;
    ulong _beganTicks, _ticksOfASecond = 1_000_000_000;
    uint _stack;

    /// <summary>Of the event being received: the system's id of its thread.</summary>
    public int Thread { get; private set; }

    /// <summary>Of the event being received: nanoseconds since the stream began.</summary>
    public long Time { get; private set; }

    /// <summary>Of the event being received: return addresses, innermost first.</summary>
    public ReadOnlySpan<ulong> Stack => _stacks.GetValueOrDefault(_stack);

    /// <summary>The most that is read before the stream counts as hostile.</summary>
    public long Limit { get; init; } = MaxBytes;

    /// <exception cref="InvalidDataException">It is no such stream.</exception>
    /// <exception cref="EndOfStreamException">It was cut short.</exception>
    public void ReadHead()
    {
        const int traceFields = 48;
        Require(Take(8).SequenceEqual("Nettrace"u8) && Text() == "!FastSerialization.1", "it does not begin as one");
        Require(Byte() == BeginObject && TypeName() == "Trace", "its first object is not the trace");
        var fields = Take(traceFields);
        (_beganTicks, _ticksOfASecond) = (BinaryPrimitives.ReadUInt64LittleEndian(fields[16..]), Math.Max(1, BinaryPrimitives.ReadUInt64LittleEndian(fields[24..])));
        Require(Byte() == EndObject, "an object does not end");
    }

    /// <summary>Reads one object; false at the end of the stream.</summary>
    public bool ReadNext()
    {
        var tag = Byte();
        if (tag == NullReference)
            return false;
        Require(tag == BeginObject, "an object does not begin");
        var type = TypeName();
        var length = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)), int.MaxValue);
        Take((int)(-_position & 3));
        Require(length <= MaxBlock, "a block is too long");
        var block = Take(length);
        if (type is "EventBlock" or "MetadataBlock")
            ReadEvents(block, isMetadata: type == "MetadataBlock");
        else if (type == "StackBlock")
            ReadStacks(block);
        else if (type == "SPBlock")
            _stacks.Clear(); // numbers begin anew
        Require(Byte() == EndObject, "an object does not end");
        return true;
    }

    void ReadEvents(ReadOnlySpan<byte> block, bool isMetadata)
    {
        const int fixedHeader = 20;
        Require(block.Length >= fixedHeader, "a block has no header");
        int header = BinaryPrimitives.ReadUInt16LittleEndian(block);
        var compressed = (block[2] & 1) != 0;
        Require(header >= fixedHeader && header <= block.Length && compressed, "a block of a kind not known");
        var events = new NetTraceEvents(block[header..]);
        while (events.Next(out var metadata, out var payload))
        {
            if (isMetadata)
                Learn(payload);
            else if (_eventOf.TryGetValue(metadata, out var id))
            {
                Thread = unchecked((int)events.Thread);
                Time = (long)((UInt128)Math.Max(0, unchecked((long)(events.Time - _beganTicks))) * 1_000_000_000 / _ticksOfASecond);
                _stack = events.Stack;
                receive(id, payload);
            }
        }
    }

    /// <summary>First number, count, then each stack: its length in bytes and its addresses.</summary>
    void ReadStacks(ReadOnlySpan<byte> block)
    {
        Require(block.Length >= 8, "a block has no header");
        var (number, count) = (BinaryPrimitives.ReadUInt32LittleEndian(block), BinaryPrimitives.ReadUInt32LittleEndian(block[4..]));
        var left = block[8..];
        for (; count > 0; count--, number++)
        {
            Require(left.Length >= 4, "a stack goes beyond its block");
            var bytes = BinaryPrimitives.ReadUInt32LittleEndian(left);
            Require(bytes <= left.Length - 4 && _stacks.Count < MaxStacks, "a stack goes beyond its block, or there are too many");
            _stacks[number] = MemoryMarshal.Cast<byte, ulong>(left.Slice(4, (int)bytes)).ToArray();
            left = left[(4 + (int)bytes)..];
        }
    }

    /// <summary>Number, provider, number of the event within the provider; names and fields are not needed.</summary>
    void Learn(ReadOnlySpan<byte> payload)
    {
        var (name, mark) = (Encoding.Unicode.GetBytes(provider + '\0'), 0);
        if (!Fits(payload, name))
            (name, mark) = (Encoding.Unicode.GetBytes(provider + "Rundown\0"), Rundown);
        if (!Fits(payload, name))
            return;
        Require(_eventOf.Count < MaxKinds, "too many kinds of events");
        _eventOf[BinaryPrimitives.ReadUInt32LittleEndian(payload)] = mark + BinaryPrimitives.ReadUInt16LittleEndian(payload[(4 + name.Length)..]);
    }

    static bool Fits(ReadOnlySpan<byte> payload, byte[] name) => payload.Length >= 8 + name.Length && payload[4..].StartsWith(name);

    string TypeName()
    {
        Require(Byte() == BeginObject && Byte() == NullReference, "an object has no type");
        Take(8); // version, and the oldest reader that can read it
        var name = Text();
        Require(Byte() == EndObject, "a type does not end");
        return name;
    }

    string Text()
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
        Require(length <= MaxName, "a name is too long");
        return Encoding.UTF8.GetString(Take((int)length));
    }

    byte Byte() => Take(1)[0];

    ReadOnlySpan<byte> Take(int count)
    {
        Require(_position + count <= Limit, "it is too long");
        if (_block.Length < count)
            _block = new byte[count];
        stream.ReadExactly(_block, 0, count);
        _position += count;
        return _block.AsSpan(0, count);
    }

    static void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw new InvalidDataException($"what its runtime sends is no stream of events: {otherwise}");
    }
}
