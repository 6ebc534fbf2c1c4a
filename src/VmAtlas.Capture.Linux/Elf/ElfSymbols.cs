using System.Buffers.Binary;
using System.Text;

namespace VmAtlas.Capture.Linux.Elf;

/// <summary>An ELF object's symbols, 64-bit little-endian: all of its code and data, or the data whose names begin with a prefix (<c>_ZTV</c>
/// for C++'s virtual tables, Itanium C++ ABI §5.1.4).</summary>
/// <remarks>.symtab where there is one, else .dynsym, which has those that other objects may use. Addresses are the object's own.</remarks>
sealed class ElfSymbols
{
    const int MaxTable = 64 << 20, SymbolBytes = 24, SectionBytes = 64, MaxName = 512;
    const uint Symtab = 2, Dynsym = 11;
    const int ObjectKind = 1, FunctionKind = 2, IndirectKind = 10;

    static readonly ElfLayout s_layout = new(Is64: true);

    readonly ulong[] _starts;
    readonly (ulong End, string Name)[] _tables;

    ElfSymbols(List<(ulong Start, ulong End, string Name)> tables)
    {
        // Of the names of one address the plainest goes first and is the one found: read, not __read.
        tables.Sort((a, b) => (a.Start, Underscores(a.Name)).CompareTo((b.Start, Underscores(b.Name))) is var order and not 0 ? order : string.CompareOrdinal(a.Name, b.Name));
        _starts = [.. tables.Select(t => t.Start)];
        _tables = [.. tables.Select(t => (t.End, t.Name))];
    }

    public int Count => _starts.Length;

    /// <summary>The name of the symbol that holds an address of the object.</summary>
    public string? NameAt(ulong address) => At(address)?.Name;

    /// <summary>The symbol that holds an address of the object, and how far into it the address is.</summary>
    public (string Name, ulong Offset)? At(ulong address)
    {
        var i = Array.BinarySearch(_starts, address);
        if (i < 0)
            i = ~i - 1;
        while (i > 0 && _starts[i - 1] == _starts[i])
            i--;
        return i >= 0 && address < _tables[i].End ? (_tables[i].Name, address - _starts[i]) : null;
    }

    /// <summary>The address of the symbol so named, or null.</summary>
    public ulong? AddressOf(string name)
    {
        var i = Array.FindIndex(_tables, t => t.Name == name);
        return i < 0 ? null : _starts[i];
    }

    /// <summary>Functions and data.</summary>
    public static ElfSymbols ReadAll(BytesAt bytes) => Read(bytes, default, code: true);

    /// <summary>The data whose names begin with a prefix.</summary>
    public static ElfSymbols Read(BytesAt bytes, ReadOnlySpan<byte> prefix) => Read(bytes, prefix, code: false);

    static ElfSymbols Read(BytesAt bytes, ReadOnlySpan<byte> prefix, bool code)
    {
        Span<byte> head = stackalloc byte[64];
        var tables = new List<(ulong, ulong, string)>();
        if (bytes(0, head) < 64 || !ElfReader.IsElf(head) || head[4] != 2)
            return new ElfSymbols(tables);
        var header = s_layout.Header(head);
        var sections = header.SectionSize == SectionBytes && header.SectionCount <= ElfReader.MaxSections
            ? ReadTable(bytes, header.SectionsAt, (ulong)(header.SectionCount * SectionBytes))
            : [];
        foreach (var kind in (ReadOnlySpan<uint>)[Symtab, Dynsym])
        {
            for (var section = sections.AsSpan(); section.Length >= SectionBytes && tables.Count == 0; section = section[SectionBytes..])
            {
                if (BinaryPrimitives.ReadUInt32LittleEndian(section[4..]) == kind)
                    AddSymbols(bytes, sections, section, prefix, code, tables);
            }
        }
        return new ElfSymbols(tables);
    }

    static void AddSymbols(
        BytesAt bytes, byte[] sections, ReadOnlySpan<byte> section, ReadOnlySpan<byte> prefix, bool code, List<(ulong, ulong, string)> tables)
    {
        var link = BinaryPrimitives.ReadUInt32LittleEndian(section[0x28..]);
        if (link >= (uint)(sections.Length / SectionBytes))
            return;
        var names = ReadSection(bytes, sections.AsSpan((int)link * SectionBytes));
        for (ReadOnlySpan<byte> symbols = ReadSection(bytes, section); symbols.Length >= SymbolBytes; symbols = symbols[SymbolBytes..])
        {
            var (name, kind) = (BinaryPrimitives.ReadUInt32LittleEndian(symbols), symbols[4] & 15);
            var (value, size) = (BinaryPrimitives.ReadUInt64LittleEndian(symbols[8..]), BinaryPrimitives.ReadUInt64LittleEndian(symbols[16..]));
            if (!(kind == ObjectKind || code && kind is FunctionKind or IndirectKind) || name >= names.Length || value == 0 || size == 0 || size > MaxTable || value > ulong.MaxValue - size)
                continue;
            var text = names.AsSpan((int)name);
            var length = text.IndexOf((byte)0);
            if (text.StartsWith(prefix) && length is > 0 and <= MaxName)
                tables.Add((value, value + size, Encoding.Latin1.GetString(text[..length])));
        }
    }

    static int Underscores(string name) => name.AsSpan().IndexOfAnyExcept('_');

    static byte[] ReadSection(BytesAt bytes, ReadOnlySpan<byte> section)
    {
        var (_, _, offset, size) = s_layout.Section(section);
        return ReadTable(bytes, offset, size);
    }

    static byte[] ReadTable(BytesAt bytes, ulong at, ulong length)
    {
        if (length > MaxTable)
            return [];
        var table = new byte[length];
        var got = bytes(at, table);
        return got == table.Length ? table : [];
    }
}
