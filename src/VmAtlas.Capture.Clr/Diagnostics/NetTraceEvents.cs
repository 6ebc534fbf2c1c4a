namespace VmAtlas.Capture.Clr.Diagnostics;

/// <summary>The events of a block with compressed headers: what is the same as in the event before is left out.</summary>
ref struct NetTraceEvents(ReadOnlySpan<byte> block)
{
    const byte HasMetadata = 1, HasSequence = 2, HasThread = 4, HasStack = 8, HasActivity = 16, HasRelated = 32, HasLength = 128;
    const int GuidBytes = 16;

    ReadOnlySpan<byte> _left = block;
    uint _metadata, _length;

    /// <summary>The system's id of the thread that the event is of.</summary>
    public ulong Thread { get; private set; }

    /// <summary>Number of its call stack; 0 for none.</summary>
    public uint Stack { get; private set; }

    /// <summary>In ticks of the stream's clock.</summary>
    public ulong Time { get; private set; }

    /// <summary>False at the end of the block.</summary>
    /// <exception cref="InvalidDataException">An event goes beyond the block.</exception>
    public bool Next(out uint metadata, out ReadOnlySpan<byte> payload)
    {
        metadata = 0;
        payload = default;
        if (_left.IsEmpty)
            return false;
        var has = _left[0];
        _left = _left[1..];
        if ((has & HasMetadata) != 0)
            _metadata = Number32();
        if ((has & HasSequence) != 0)
        {
            Number(); // sequence
            Number(); // thread that wrote it
            Number(); // processor
        }
        if ((has & HasThread) != 0)
            Thread = Number();
        if ((has & HasStack) != 0)
            Stack = Number32();
        Time = unchecked(Time + Number());
        if ((has & HasActivity) != 0)
            Take(GuidBytes);
        if ((has & HasRelated) != 0)
            Take(GuidBytes);
        if ((has & HasLength) != 0)
            _length = Number32();
        metadata = _metadata & int.MaxValue;
        payload = Take(_length);
        return true;
    }

    uint Number32() => Number() is <= uint.MaxValue and var value ? (uint)value : throw Broken();

    ulong Number()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var part = Take(1)[0];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
                return value;
        }
        throw Broken();
    }

    ReadOnlySpan<byte> Take(uint count)
    {
        if (count > (uint)_left.Length)
            throw Broken();
        var taken = _left[..(int)count];
        _left = _left[(int)count..];
        return taken;
    }

    static InvalidDataException Broken() => new("what its runtime sends is no stream of events: an event goes beyond its block");
}
