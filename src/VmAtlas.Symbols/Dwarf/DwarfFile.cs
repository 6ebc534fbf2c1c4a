using VmAtlas.Symbols.Bytes;
using VmAtlas.Symbols.Elf;

namespace VmAtlas.Symbols.Dwarf;

/// <summary>The debug information of one file, versions 2 to 5, read unit by unit where it is asked for. Safe to use from several threads.</summary>
sealed class DwarfFile
{
    readonly Dictionary<(ulong, Encoding), Abbreviations> _abbreviations = [];
    readonly Lock _lock = new();
    readonly Lazy<Unit[]> _units;
    readonly Lazy<UnitMap> _map;

    public DwarfFile(ElfFile elf, WorkBudget budget, DwarfFile? alternate)
    {
        (Sections, Budget, Alternate) = (new DwarfSections(elf), budget, alternate);
        _units = new Lazy<Unit[]>(ReadUnits);
        _map = new Lazy<UnitMap>(() => UnitMap.Read(this));
    }

    public DwarfSections Sections { get; }

    public WorkBudget Budget { get; }

    /// <summary>What dwz moved to a file of its own; null when there is none, or it was not found.</summary>
    public DwarfFile? Alternate { get; }

    /// <summary>Some units are of a version that is not known, and were passed over.</summary>
    public bool HasUnknownUnits { get; private set; }

    /// <summary>All units, ascending by offset.</summary>
    public ReadOnlySpan<Unit> Units => _units.Value;

    /// <summary>The unit whose code an address lies in; null when no unit claims it.</summary>
    public Unit? UnitAt(ulong address) => _map.Value.Find(address);

    /// <summary>The unit that an offset of .debug_info lies in.</summary>
    public Unit? UnitOf(ulong offset)
    {
        var units = Units;
        var (low, high) = (0, units.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (units[middle].Offset <= offset)
                low = middle + 1;
            else
                high = middle;
        }
        return low > 0 && offset - units[low - 1].Offset < units[low - 1].Length ? units[low - 1] : null;
    }

    /// <summary>The abbreviations of a unit; many units share one table.</summary>
    public Abbreviations AbbreviationsOf(Unit unit)
    {
        lock (_lock)
        {
            var key = (unit.AbbreviationsAt, unit.Encoding);
            if (!_abbreviations.TryGetValue(key, out var table))
                _abbreviations.Add(key, table = Abbreviations.Read(Sections.Abbrev, unit.AbbreviationsAt, unit.Encoding, Budget));
            return table;
        }
    }

    Unit[] ReadUnits()
    {
        var units = new List<Unit>();
        for (var at = 0UL; at + 11 < (ulong)Sections.Info.Length;)
        {
            if (Unit.Read(this, at, out var end) is { } unit)
                units.Add(unit);
            else
                HasUnknownUnits = true;
            at = end;
        }
        Budget.Spend(units.Count);
        return [.. units];
    }
}
