using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace VmAtlas.Tracing.Attach;

/// <summary>A file of code as it lies in a target, and its exported functions, read from the target's own memory. All lengths are bounded: a
/// target can say there what it likes.</summary>
sealed class RemoteModule(string path, ulong start, ulong end)
{
    const int MaxSymbols = 1 << 16;
    const int SymbolSize = 24;
    const int MaxHeaders = 64;

    public string Path => path;

    public string Name => path[(path.LastIndexOf('/') + 1)..];

    public bool Contains(ulong address) => address >= start && address < end;

    /// <summary>The modules of a process, lowest first.</summary>
    public static List<RemoteModule> Of(int pid)
    {
        var modules = new List<RemoteModule>();
        var (name, from, to) = ("", 0UL, 0UL);
        foreach (var line in File.ReadLines($"/proc/{pid}/maps"))
        {
            var at = line.IndexOf('/', StringComparison.Ordinal);
            if (at < 0)
                continue;
            var fields = line[..at].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var range = fields[0].Split('-');
            var (first, last) = (Hex(range[0]), Hex(range[1]));
            var file = line[at..];
            if (file == name && Hex(fields[2]) != 0)
                to = last;
            else
            {
                Add();
                (name, from, to) = (file, first, last);
            }
        }
        Add();
        return modules;

        void Add()
        {
            if (name.Length > 0)
                modules.Add(new RemoteModule(name, from, to));
        }
    }

    /// <summary>Where functions are and how long, by name; of several versions of one the default.</summary>
    public Dictionary<string, (ulong Address, ulong Size)> Functions(RemoteMemory memory, params string[] names)
    {
        var found = new Dictionary<string, (ulong, ulong)>();
        if (Tables(memory) is not { } tables)
            return found;
        var count = (int)Math.Min((tables.Names - tables.Symbols) / SymbolSize, MaxSymbols);
        var symbols = memory.Read(tables.Symbols, count * SymbolSize);
        var texts = memory.Read(tables.Names, (int)Math.Min(tables.NamesSize, 4 << 20));
        var versions = tables.Versions == 0 ? [] : memory.Read(tables.Versions, count * 2);
        var wanted = names.ToDictionary(n => Encoding.ASCII.GetBytes(n), n => n);
        for (var i = 1; i < symbols.Length / SymbolSize; i++)
        {
            var symbol = symbols.AsSpan(i * SymbolSize, SymbolSize);
            var text = BinaryPrimitives.ReadUInt32LittleEndian(symbol);
            var value = BinaryPrimitives.ReadUInt64LittleEndian(symbol[8..]);
            if (value == 0 || BinaryPrimitives.ReadUInt16LittleEndian(symbol[6..]) == 0 || text >= texts.Length)
                continue;
            if (i * 2 + 1 < versions.Length && (versions[i * 2 + 1] & 0x80) != 0)
                continue;
            var name = texts.AsSpan((int)text);
            foreach (var (bytes, as_text) in wanted)
                if (name.Length > bytes.Length && name[bytes.Length] == 0 && name.StartsWith(bytes))
                    found[as_text] = (tables.Bias + value, BinaryPrimitives.ReadUInt64LittleEndian(symbol[16..]));
        }
        return found;
    }

    /// <summary>Where the index of its unwind table (.eh_frame_hdr) lies; null where it has none.</summary>
    public ulong? UnwindHeader(RemoteMemory memory)
    {
        const uint GnuEhFrame = 0x6474e550;
        return Headers(memory) is { } found && found.Segments.TryGetValue(GnuEhFrame, out var at) ? unchecked(found.Bias + at) : null;
    }

    /// <summary>Its program headers: the address of the last segment of each type, and what is added to addresses of the file.</summary>
    (ulong Bias, Dictionary<uint, ulong> Segments)? Headers(RemoteMemory memory)
    {
        const uint Load = 1;
        var header = memory.Read(start, 64);
        if (header.Length < 64 || !header.AsSpan().StartsWith("\u007fELF"u8))
            return null;
        var count = Math.Min((int)BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(56)), MaxHeaders);
        var headers = memory.Read(start + BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(32)), count * 56);
        var (bias, segments) = (start, new Dictionary<uint, ulong>());
        for (var i = 0; i + 56 <= headers.Length; i += 56)
        {
            var type = BinaryPrimitives.ReadUInt32LittleEndian(headers.AsSpan(i));
            var address = BinaryPrimitives.ReadUInt64LittleEndian(headers.AsSpan(i + 16));
            if (type == Load && !segments.ContainsKey(Load))
                bias = unchecked(start - (address & ~0xfffUL));
            segments[type] = address;
        }
        return (bias, segments);
    }

    (ulong Bias, ulong Symbols, ulong Names, ulong NamesSize, ulong Versions)? Tables(RemoteMemory memory)
    {
        const uint Dynamic = 2;
        if (Headers(memory) is not { } found)
            return null;
        var bias = found.Bias;
        var dynamic = found.Segments.GetValueOrDefault(Dynamic);
        var entries = dynamic == 0 ? [] : memory.Read(unchecked(bias + dynamic), 64 * 16);
        var values = new Dictionary<ulong, ulong>();
        for (var i = 0; i + 16 <= entries.Length && BinaryPrimitives.ReadUInt64LittleEndian(entries.AsSpan(i)) is var tag and not 0; i += 16)
            values[tag] = BinaryPrimitives.ReadUInt64LittleEndian(entries.AsSpan(i + 8));
        var (symbols, names) = (Place(6), Place(5));
        return symbols == 0 || names <= symbols ? null : (bias, symbols, names, values.GetValueOrDefault(10UL), Place(0x6ffffff0));

        // glibc has put addresses there, musl leaves the offsets of the file.
        ulong Place(ulong tag) => values.GetValueOrDefault(tag) is var v && v != 0 && v < bias ? unchecked(v + bias) : v;
    }

    static ulong Hex(string text) => ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
