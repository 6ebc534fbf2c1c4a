using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Symbols.Dwarf;

/// <summary>Which unit's code an address is: disjoint ranges, ascending.</summary>
/// <remarks>From .debug_aranges, and for units that are not in there from their root entries. GNU ld makes the debug information of dropped
/// copies of a template point at the copy it kept, so several units can claim one address; the first in the file is taken.</remarks>
sealed class UnitMap
{
    readonly ulong[] _starts;
    readonly (ulong End, Unit Unit)[] _ranges;

    UnitMap(List<(ulong Start, ulong End, Unit Unit)> ranges)
    {
        _starts = [.. ranges.Select(r => r.Start)];
        _ranges = [.. ranges.Select(r => (r.End, r.Unit))];
    }

    public static UnitMap Read(DwarfFile file)
    {
        var claims = new List<Claim>();
        var known = new HashSet<ulong>();
        try
        {
            ReadAranges(file, claims, known);
        }
        catch (SymbolFormatException)
        {
            // A damaged index costs nothing: the units themselves say the same.
            claims.Clear();
            known.Clear();
        }
        var ranges = new List<CodeRange>();
        foreach (var unit in file.Units)
        {
            if (unit.IsTypes || known.Contains(unit.Offset))
                continue;
            ranges.Clear();
            CodeRanges.Add(unit, unit.Root.Low, unit.Root.High, unit.Root.Ranges, ranges);
            foreach (var range in ranges)
                claims.Add(new Claim(range.Start, range.End, unit));
        }
        return new UnitMap(Flatten(claims));
    }

    public Unit? Find(ulong address)
    {
        var i = Array.BinarySearch(_starts, address);
        if (i < 0)
            i = ~i - 1;
        return i >= 0 && address < _ranges[i].End ? _ranges[i].Unit : null;
    }

    /// <summary>Sets of { unit length, version 2, offset of the unit, sizes, padding, (address, length)… (0, 0) } (DWARF 5 §6.1.2).</summary>
    static void ReadAranges(DwarfFile file, List<Claim> claims, HashSet<ulong> known)
    {
        var reader = new ByteReader(file.Sections.Aranges.All);
        while (reader.Left > 12)
        {
            var start = reader.Position;
            var length = reader.UnitLength(out var is64);
            var set = new ByteReader(reader.TakeLong(length));
            var version = set.U16();
            var unitAt = set.Offset(is64);
            var (addressSize, segmentSize) = (set.U8(), set.U8());
            if (version != 2 || segmentSize != 0 || addressSize is not (4 or 8) || file.UnitOf(unitAt) is not { } unit || unit.Offset != unitAt)
                continue;
            known.Add(unitAt);
            // The first pair is aligned to its size, counted from the start of the set.
            var head = (is64 ? 12 : 4) + set.Position;
            set.Skip((ulong)((2 * addressSize - head % (2 * addressSize)) % (2 * addressSize)));
            while (set.Left >= 2 * addressSize)
            {
                var (address, size) = (set.Number(addressSize), set.Number(addressSize));
                if (address != 0 && size > 0 && address < 1UL << 62 && size < 1UL << 62)
                    claims.Add(new Claim(address, address + size, unit));
            }
            file.Budget.Spend(reader.Position - start);
        }
    }

    /// <summary>Cuts overlapping claims so that each address belongs to the first unit that claims it.</summary>
    static List<(ulong Start, ulong End, Unit Unit)> Flatten(List<Claim> claims)
    {
        var keys = new ulong[claims.Count];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = claims[i].Start;
        keys.AsSpan().Sort(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(claims));
        var result = new List<(ulong Start, ulong End, Unit Unit)>(claims.Count);
        var active = new PriorityQueue<Claim, ulong>();
        var (next, at) = (0, 0UL);
        while (next < claims.Count || active.Count > 0)
        {
            if (active.Count == 0)
                at = claims[next].Start;
            for (; next < claims.Count && claims[next].Start <= at; next++)
                active.Enqueue(claims[next], claims[next].Unit.Offset);
            var top = active.Peek();
            if (top.End <= at)
            {
                active.Dequeue();
                continue;
            }
            var end = next < claims.Count ? Math.Min(top.End, claims[next].Start) : top.End;
            if (result.Count > 0 && result[^1].End == at && result[^1].Unit == top.Unit)
                result[^1] = (result[^1].Start, end, top.Unit);
            else
                result.Add((at, end, top.Unit));
            at = end;
        }
        return result;
    }

    readonly record struct Claim(ulong Start, ulong End, Unit Unit);
}
