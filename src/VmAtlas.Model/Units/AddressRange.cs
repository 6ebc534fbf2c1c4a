namespace VmAtlas.Model;

/// <summary>A half-open range of addresses: <see cref="Start"/> is inside, <see cref="End"/> is not.</summary>
public readonly record struct AddressRange(Address Start, Address End)
{
    public static AddressRange Of(ulong start, ulong end) => new(new Address(start), new Address(end));

    public ByteSize Size => End - Start;

    public bool IsEmpty => End <= Start;

    public bool Contains(Address address) => address >= Start && address < End;

    public bool Contains(AddressRange other) => other.Start >= Start && other.End <= End;

    public bool Overlaps(AddressRange other) => other.Start < End && other.End > Start;

    /// <summary>The common part; empty (Start = End) when there is none.</summary>
    public AddressRange Intersect(AddressRange other)
    {
        var start = Start > other.Start ? Start : other.Start;
        var end = End < other.End ? End : other.End;
        return new AddressRange(start, end < start ? start : end);
    }

    public override string ToString() => $"{Start}-{End}";
}
