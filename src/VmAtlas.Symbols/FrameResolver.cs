using System.Collections.Concurrent;
using VmAtlas.Symbols.Bytes;
using VmAtlas.Symbols.Dwarf;

namespace VmAtlas.Symbols;

/// <summary>Turns addresses of one module into frames: sorts them by the unit they are in, and reads these units at the same time.</summary>
sealed class FrameResolver(DwarfFile? dwarf, ModuleTables tables, SymbolNames names, SymbolLimits limits, Action<string> fail)
{
    readonly Lock _lock = new();
    readonly Dictionary<Unit, UnitDetail> _details = [];
    readonly ConcurrentDictionary<ulong, int> _symbols = [];
    DwarfFile? _dwarf = dwarf;
    long _kept;

    public FrameTable Resolve(ReadOnlySpan<ulong> addresses, AddressKind kind)
    {
        var groups = Group(addresses, kind);
        var found = new Piece[addresses.Length];
        Parallel.ForEach(groups, new ParallelOptions { MaxDegreeOfParallelism = limits.Threads }, group => group.Resolve(this, found));
        var first = new int[addresses.Length + 1];
        for (var i = 0; i < found.Length; i++)
            first[i + 1] = first[i] + found[i].Count;
        var frames = new SymbolFrame[first[^1]];
        for (var i = 0; i < found.Length; i++)
            found[i].Group?.Frames.CopyTo(found[i].First, frames, first[i], found[i].Count);
        return new FrameTable(first, frames);
    }

    /// <summary>The addresses of each unit, those with the most work first.</summary>
    List<UnitGroup> Group(ReadOnlySpan<ulong> addresses, AddressKind kind)
    {
        var groups = new Dictionary<ulong, UnitGroup>();
        for (var i = 0; i < addresses.Length; i++)
        {
            var address = kind == AddressKind.Return ? addresses[i] - Math.Min(addresses[i], 1) : addresses[i];
            var unit = UnitAt(address);
            var key = unit?.Offset ?? ulong.MaxValue;
            if (!groups.TryGetValue(key, out var group))
                groups.Add(key, group = new UnitGroup(unit));
            group.Add(i, address);
        }
        if (_dwarf is { HasUnknownUnits: true })
            fail("has debug information of a version that is not known, or it changed while it was read");
        return [.. groups.Values.OrderByDescending(g => g.Unit?.Length ?? 0)];
    }

    Unit? UnitAt(ulong address)
    {
        try
        {
            return _dwarf?.UnitAt(address);
        }
        catch (SymbolFormatException e)
        {
            fail(e.Message);
            _dwarf = null;
            return null;
        }
    }

    /// <summary>The number of the name of the function at an address, by the tables of symbols; 0 when they do not know.</summary>
    int SymbolAt(ulong address) => _symbols.GetOrAdd(address, static (at, self) => self.ReadSymbol(at), this);

    int ReadSymbol(ulong address)
    {
        try
        {
            return tables.FunctionAt(address) is { IsEmpty: false } name ? names.InternDemangled(name) : 0;
        }
        catch (SymbolFormatException e)
        {
            fail(e.Message);
            return 0;
        }
    }

    UnitDetail? DetailOf(Unit unit)
    {
        lock (_lock)
        {
            if (_details.TryGetValue(unit, out var known))
                return known;
        }
        try
        {
            var detail = new UnitDetail(unit, names);
            if (unit.Root.IsSplit)
                fail("keeps what was inlined in .dwo files, which are not read");
            lock (_lock)
            {
                if (_kept > limits.KeptBytes)
                {
                    _details.Clear();
                    _kept = 0;
                }
                _kept += detail.Size;
                return _details[unit] = detail;
            }
        }
        catch (SymbolFormatException e)
        {
            fail(e.Message);
            return null;
        }
    }

    readonly record struct Piece(UnitGroup? Group, int First, int Count);

    /// <summary>Addresses of one unit, or those that no unit knows.</summary>
    sealed class UnitGroup(Unit? unit)
    {
        readonly List<(int Index, ulong Address)> _wanted = [];

        public Unit? Unit => unit;

        public List<SymbolFrame> Frames { get; } = [];

        public void Add(int index, ulong address) => _wanted.Add((index, address));

        public void Resolve(FrameResolver owner, Piece[] into)
        {
            var detail = unit is null ? null : owner.DetailOf(unit);
            Func<ulong, int> symbol = owner.SymbolAt;
            lock ((object?)detail ?? this)
            {
                foreach (var (index, address) in _wanted)
                {
                    var first = Frames.Count;
                    AddFrames(owner, detail, address, symbol);
                    into[index] = new Piece(this, first, Frames.Count - first);
                }
            }
        }

        void AddFrames(FrameResolver owner, UnitDetail? detail, ulong address, Func<ulong, int> symbol)
        {
            var first = Frames.Count;
            try
            {
                detail?.AddFrames(address, symbol, Frames);
            }
            catch (SymbolFormatException e)
            {
                owner.Fail(e.Message);
                Frames.RemoveRange(first, Frames.Count - first);
            }
            if (Frames.Count == first && symbol(address) is not 0 and var name)
                Frames.Add(new SymbolFrame(name, 0, 0, false));
        }
    }

    void Fail(string reason) => fail(reason);
}
