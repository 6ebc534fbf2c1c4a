using System.Buffers.Binary;
using System.Text;

namespace VmAtlas.Capture.Clr.Detection;

/// <summary>Reads memory of the target; returns the bytes read, from the first on.</summary>
delegate int MemoryReader(ulong address, Span<byte> into);

/// <summary>As much of a loaded 64-bit ELF module as tells which build it is and where it keeps a symbol. Nothing it says is believed
/// beyond bounds: a wrong table leads to no answer, never to a long search.</summary>
sealed class ElfModule
{
    const int MaxProgramHeaders = 64, MaxDynamicEntries = 256, MaxNoteBytes = 4096, MaxChain = 4096;
    const uint PT_LOAD = 1, PT_DYNAMIC = 2, PT_NOTE = 4;
    const ulong DT_STRTAB = 5, DT_SYMTAB = 6, DT_GNU_HASH = 0x6ffffef5;

    readonly MemoryReader _read;
    readonly ulong _bias;
    readonly List<(ulong Start, ulong Size)> _notes = [];
    readonly ulong _dynamic;

    ElfModule(MemoryReader read, ulong imageBase, ReadOnlySpan<byte> programHeaders)
    {
        _read = read;
        var lowest = ulong.MaxValue;
        for (var h = programHeaders; h.Length >= 56; h = h[56..])
        {
            if (U32(h) == PT_LOAD)
                lowest = Math.Min(lowest, U64(h[16..]) & ~0xfffUL);
        }
        _bias = unchecked(imageBase - (lowest == ulong.MaxValue ? 0 : lowest));
        for (var h = programHeaders; h.Length >= 56; h = h[56..])
        {
            var address = unchecked(_bias + U64(h[16..]));
            if (U32(h) == PT_NOTE)
                _notes.Add((address, U64(h[32..])));
            else if (U32(h) == PT_DYNAMIC)
                _dynamic = address;
        }
    }

    /// <summary>The module whose first mapping begins at <paramref name="imageBase"/>; null when that is no 64-bit little-endian ELF module.</summary>
    public static ElfModule? TryOpen(MemoryReader read, ulong imageBase)
    {
        Span<byte> header = stackalloc byte[64];
        if (read(imageBase, header) != 64 || !header.StartsWith("\u007fELF\u0002\u0001"u8))
            return null;
        var (offset, size, count) = (U64(header[32..]), U16(header[54..]), U16(header[56..]));
        if (size != 56 || count is 0 or > MaxProgramHeaders || offset > 1 << 20)
            return null;
        var headers = new byte[count * 56];
        return read(imageBase + offset, headers) == headers.Length ? new ElfModule(read, imageBase, headers) : null;
    }

    /// <summary>The GNU build id in hexadecimal; null when there is none.</summary>
    public string? ReadBuildId()
    {
        foreach (var (start, size) in _notes)
        {
            var notes = new byte[(int)Math.Min(size, MaxNoteBytes)];
            if (BuildIdIn(notes.AsSpan(0, _read(start, notes))) is { } id)
                return id;
        }
        return null;
    }

    /// <summary>Finds NT_GNU_BUILD_ID in the notes of a PT_NOTE segment.</summary>
    public static string? BuildIdIn(ReadOnlySpan<byte> notes)
    {
        while (notes.Length >= 12)
        {
            var (name, description) = (U32(notes), U32(notes[4..]));
            var at = 12 + (((long)name + 3) & ~3L);
            var end = at + (((long)description + 3) & ~3L);
            if (at + description > notes.Length)
                return null;
            if (U32(notes[8..]) == 3 && name == 4 && notes[12..].StartsWith("GNU\0"u8) && description is > 0 and <= 64)
                return Convert.ToHexStringLower(notes.Slice((int)at, (int)description));
            if (end > notes.Length)
                return null;
            notes = notes[(int)end..];
        }
        return null;
    }

    /// <summary>The address of an exported symbol, by the module's GNU hash table; null when there is none.</summary>
    public ulong? FindExport(string name)
    {
        var (strings, symbols, hashes) = ReadDynamic();
        Span<byte> header = stackalloc byte[16];
        if (strings == 0 || symbols == 0 || hashes == 0 || _read(hashes, header) != 16)
            return null;
        var (buckets, first, bloom) = (U32(header), U32(header[4..]), U32(header[8..]));
        if (buckets == 0 || bloom > 1 << 20 || buckets > 1 << 24)
            return null;
        var hash = GnuHash(name);
        var table = hashes + 16 + (ulong)bloom * 8;
        var index = ReadU32(table + (ulong)(hash % buckets) * 4);
        for (var i = 0; i < MaxChain && index is { } symbol && symbol >= first; i++, index = symbol + 1)
        {
            if (ReadU32(table + (ulong)buckets * 4 + (ulong)(symbol - first) * 4) is not { } chained)
                return null;
            if ((chained | 1) == (hash | 1) && SymbolNamed(symbols + (ulong)symbol * 24, strings, name) is { } address)
                return address;
            if ((chained & 1) != 0)
                return null;
        }
        return null;
    }

    (ulong Strings, ulong Symbols, ulong Hashes) ReadDynamic()
    {
        var entries = new byte[MaxDynamicEntries * 16];
        ReadOnlySpan<byte> left = entries.AsSpan(0, _dynamic == 0 ? 0 : _read(_dynamic, entries));
        var (strings, symbols, hashes) = (0UL, 0UL, 0UL);
        for (; left.Length >= 16 && U64(left) != 0; left = left[16..])
        {
            // glibc turns these addresses into absolute ones when it loads a module, other loaders leave them relative.
            var value = U64(left[8..]);
            var address = value < _bias ? unchecked(value + _bias) : value;
            switch (U64(left))
            {
                case DT_STRTAB: strings = address; break;
                case DT_SYMTAB: symbols = address; break;
                case DT_GNU_HASH: hashes = address; break;
            }
        }
        return (strings, symbols, hashes);
    }

    ulong? SymbolNamed(ulong symbol, ulong strings, string name)
    {
        Span<byte> entry = stackalloc byte[24];
        Span<byte> found = stackalloc byte[128];
        if (_read(symbol, entry) != 24)
            return null;
        found = found[..Math.Min(found.Length, name.Length + 1)];
        return _read(strings + U32(entry), found) == found.Length && found[^1] == 0 && Encoding.ASCII.GetString(found[..^1]) == name
            ? unchecked(_bias + U64(entry[8..]))
            : null;
    }

    uint? ReadU32(ulong address)
    {
        Span<byte> bytes = stackalloc byte[4];
        return _read(address, bytes) == 4 ? U32(bytes) : null;
    }

    static uint GnuHash(string name)
    {
        var hash = 5381u;
        foreach (var c in name)
            hash = unchecked(hash * 33 + c);
        return hash;
    }

    static ushort U16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    static uint U32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    static ulong U64(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);
}
