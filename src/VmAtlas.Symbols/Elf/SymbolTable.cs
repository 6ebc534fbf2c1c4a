using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Symbols.Elf;

/// <summary>The functions, or the data objects, among an object's symbols: columns in order of address, names left in the file until asked for.</summary>
sealed class SymbolTable
{
    /// <summary>How many earlier symbols are looked at for one that reaches over the address: symbols inside of others are rare.</summary>
    const int MaxBack = 64;

    /// <summary>A symbol without a size (assembly) is believed to reach to the next one, but no further than this.</summary>
    const ulong MaxGuess = 1 << 16;

    const int Local = 0, Global = 1;

    readonly SectionData _names;
    readonly ulong[] _starts;
    readonly ulong[] _ends;
    readonly uint[] _nameAt;

    /// <summary>For each symbol the farthest end of it and those before it.</summary>
    readonly ulong[] _reach;

    SymbolTable(SectionData names, List<Row> rows)
    {
        rows.Sort();
        _names = names;
        _starts = new ulong[rows.Count];
        _ends = new ulong[rows.Count];
        _nameAt = new uint[rows.Count];
        _reach = new ulong[rows.Count];
        Count = 0;
        var reach = 0UL;
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            // Of several names of one address the plainest is kept, read and not __read; of those the first in the order of rows.
            if (Count > 0 && _starts[Count - 1] == row.Start)
            {
                if (row.Size > 0 && Underscores(row.Name) < Underscores(_nameAt[Count - 1]))
                    _nameAt[Count - 1] = row.Name;
                continue;
            }
            var next = i + 1;
            while (row.Size == 0 && next < rows.Count && rows[next].Start == row.Start)
                next++;
            var guess = next < rows.Count ? Math.Min(rows[next].Start - row.Start, MaxGuess) : MaxGuess;
            _starts[Count] = row.Start;
            _ends[Count] = row.Start + (row.Size == 0 ? guess : row.Size);
            _nameAt[Count] = row.Name;
            _reach[Count] = reach = Math.Max(reach, _ends[Count]);
            Count++;
        }
    }

    public int Count { get; private set; }

    /// <summary>The functions (STT_FUNC, STT_GNU_IFUNC, and labels of assembly in executable sections), or the objects (STT_OBJECT).</summary>
    /// <remarks>.symtab where there is one, else .dynsym, which has those that other objects may use.</remarks>
    public static SymbolTable? TryRead(ElfFile elf, bool functions, WorkBudget budget)
    {
        const uint Symtab = 2, Dynsym = 11;
        foreach (var kind in (ReadOnlySpan<uint>)[Symtab, Dynsym])
        {
            foreach (var section in elf.AllSections)
            {
                if (section.Kind == kind && section.HasBytes && section.Size > 0 && section.Link < elf.AllSections.Count
                    && Read(elf, section, functions, budget) is { Count: > 0 } table)
                    return table;
            }
        }
        return null;
    }

    /// <summary>The symbol that holds an address; -1 when none does.</summary>
    public int IndexOf(ulong address)
    {
        var i = Array.BinarySearch(_starts, 0, Count, address);
        if (i < 0)
            i = ~i - 1;
        for (var back = 0; i >= 0 && back < MaxBack && _reach[i] > address; i--, back++)
        {
            if (address < _ends[i])
                return i;
        }
        return -1;
    }

    public ulong StartOf(int index) => _starts[index];

    public ulong EndOf(int index) => _ends[index];

    /// <summary>The name as it stands in the file: mangled.</summary>
    public ReadOnlySpan<byte> NameOf(int index) => _names.Text(_nameAt[index]);

    int Underscores(uint name) => _names.Text(name).IndexOfAnyExcept((byte)'_');

    static SymbolTable? Read(ElfFile elf, ElfSection section, bool functions, WorkBudget budget)
    {
        var names = elf.Contents(elf.AllSections[(int)section.Link]);
        var bytes = elf.Contents(section).All;
        var layout = elf.Layout;
        budget.Spend(bytes.Length / layout.SymbolSize);
        var rows = new List<Row>();
        for (; bytes.Length >= layout.SymbolSize; bytes = bytes[layout.SymbolSize..])
        {
            var symbol = layout.Symbol(bytes);
            if (symbol.Section == 0 || symbol.Name == 0 || symbol.Name >= (uint)names.Length || symbol.Value == 0
                || symbol.Value > 1UL << 62 || symbol.Size > 1UL << 40 || !IsWanted(elf, symbol, functions))
                continue;
            rows.Add(new Row(symbol.Value, symbol.Size, symbol.Name, RankOf(symbol.Info >> 4)));
        }
        return new SymbolTable(names, rows);
    }

    static bool IsWanted(ElfFile elf, ElfSymbol symbol, bool functions)
    {
        const int NoType = 0, Object = 1, Function = 2, IndirectFunction = 10;
        const ulong Executable = 4;
        return (symbol.Info & 15) switch
        {
            Function or IndirectFunction => functions,
            Object => !functions && symbol.Size > 0,
            NoType => functions && symbol.Section < elf.AllSections.Count && (elf.AllSections[symbol.Section].Flags & Executable) != 0,
            _ => false,
        };
    }

    /// <summary>Which of several names is the best: one that others can use, then a weak one, then a local one.</summary>
    static byte RankOf(int binding) => binding switch { Global => 0, Local => 2, _ => 1 };

    readonly record struct Row(ulong Start, ulong Size, uint Name, byte Rank) : IComparable<Row>
    {
        /// <summary>By address; among those of one address first what has a size, then by rank, then the larger, so that the order is always the same.</summary>
        public int CompareTo(Row other)
        {
            if (Start != other.Start)
                return Start < other.Start ? -1 : 1;
            if (Size == 0 != (other.Size == 0))
                return Size == 0 ? 1 : -1;
            if (Rank != other.Rank)
                return Rank - other.Rank;
            return Size != other.Size ? other.Size.CompareTo(Size) : Name.CompareTo(other.Name);
        }
    }
}
