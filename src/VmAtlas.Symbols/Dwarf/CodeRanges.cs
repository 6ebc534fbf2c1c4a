using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Symbols.Dwarf;

/// <summary>A range of code: [Start, End).</summary>
readonly record struct CodeRange(ulong Start, ulong End);

/// <summary>Which code an entry covers: DW_AT_low_pc with DW_AT_high_pc, or DW_AT_ranges (DWARF 5 §2.17).</summary>
static class CodeRanges
{
    const byte EndOfList = 0, BaseIndex = 1, StartIndexEndIndex = 2, StartIndexLength = 3, OffsetPair = 4, BaseAddress = 5, StartEnd = 6, StartLength = 7;

    /// <summary>Adds the ranges of an entry.</summary>
    public static void Add(Unit unit, FormValue low, FormValue high, FormValue ranges, List<CodeRange> into)
    {
        if (ranges.IsPresent)
        {
            AddList(unit, ranges, into);
            return;
        }
        if (unit.Address(low) is not { } start || !high.IsPresent)
            return;
        AddOne(start, unit.Address(high) ?? unchecked(start + high.Number), into);
    }

    /// <summary>Linkers leave ranges of code they dropped at 0, or at the end of the numbers; neither is code.</summary>
    static void AddOne(ulong start, ulong end, List<CodeRange> into)
    {
        if (start != 0 && end > start && end < 1UL << 63)
            into.Add(new CodeRange(start, end));
    }

    static void AddList(Unit unit, FormValue ranges, List<CodeRange> into)
    {
        // A unit of many pieces has a low_pc of 0, and its lists then hold whole addresses.
        var start = unit.Address(unit.Root.Low) ?? 0;
        if (unit.Encoding.Version >= 5)
            AddRangeList(unit, ListOffset(unit, ranges), start, into);
        else
            AddOldRangeList(unit, ranges.Number, start, into);
    }

    static ulong ListOffset(Unit unit, FormValue ranges)
    {
        if (ranges.Form != Form.RangeListIndex)
            return ranges.Number;
        if (ranges.Number > int.MaxValue)
            SymbolFormatException.Throw("has a list of code ranges with an impossible number");
        var size = (ulong)unit.Encoding.OffsetSize;
        var entry = unit.File.Sections.RangeLists.Slice(unit.Root.RangeListsBase + ranges.Number * size, size);
        return unchecked(unit.Root.RangeListsBase + new ByteReader(entry).Offset(unit.Encoding.Is64));
    }

    /// <summary>.debug_rnglists (DWARF 5 §7.25).</summary>
    static void AddRangeList(Unit unit, ulong at, ulong start, List<CodeRange> into)
    {
        var reader = new ByteReader(unit.File.Sections.RangeLists.From(at));
        var size = unit.Encoding.AddressSize;
        while (reader.U8() is not EndOfList and var kind)
        {
            switch (kind)
            {
                case BaseIndex:
                    start = unit.AddressAt(reader.Uleb());
                    break;
                case StartIndexEndIndex:
                    AddOne(unit.AddressAt(reader.Uleb()), unit.AddressAt(reader.Uleb()), into);
                    break;
                case StartIndexLength:
                    AddLength(unit.AddressAt(reader.Uleb()), reader.Uleb(), into);
                    break;
                case OffsetPair:
                    AddOne(unchecked(start + reader.Uleb()), unchecked(start + reader.Uleb()), into);
                    break;
                case BaseAddress:
                    start = reader.Number(size);
                    break;
                case StartEnd:
                    AddOne(reader.Number(size), reader.Number(size), into);
                    break;
                case StartLength:
                    AddLength(reader.Number(size), reader.Uleb(), into);
                    break;
                default:
                    SymbolFormatException.Throw("has a list of code ranges of an unknown kind");
                    break;
            }
        }
        unit.File.Budget.Spend(reader.Position);
    }

    static void AddLength(ulong start, ulong length, List<CodeRange> into) => AddOne(start, unchecked(start + length), into);

    /// <summary>.debug_ranges (DWARF 4 §2.17.3): pairs of offsets from a start, which a pair that begins with all ones sets anew.</summary>
    static void AddOldRangeList(Unit unit, ulong at, ulong start, List<CodeRange> into)
    {
        var reader = new ByteReader(unit.File.Sections.Ranges.From(at));
        var size = unit.Encoding.AddressSize;
        var newStart = size == 8 ? ulong.MaxValue : uint.MaxValue;
        while (true)
        {
            var (from, to) = (reader.Number(size), reader.Number(size));
            if (from == 0 && to == 0)
                break;
            if (from == newStart)
                start = to;
            else
                AddOne(unchecked(start + from), unchecked(start + to), into);
        }
        unit.File.Budget.Spend(reader.Position);
    }
}
