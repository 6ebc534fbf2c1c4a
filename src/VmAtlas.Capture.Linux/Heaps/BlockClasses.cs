using System.Text;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;
using VmAtlas.Symbols;
using VmAtlas.Symbols.Demangling;
using VmAtlas.Symbols.Elf;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>Which C++ class a block of the heap is an object of.</summary>
/// <remarks>
/// Evidence: its first word points into a virtual table that a symbol of a mapped object names. Wrong for a block that was freed, or reused
/// without being written, and still starts with the old pointer; silent where the object has been stripped or a class has no virtual function.
/// </remarks>
public sealed class BlockClasses(LinuxTarget target, BlockTable mappings, StringTable strings)
{
    /// <summary>Distinct pointers remembered; a heap of random words is not remembered without end.</summary>
    const int MaxKnown = 1 << 16;

    readonly WordCache _words = new(target, WordCache.Sweeping);
    readonly Dictionary<ulong, string?> _known = [];
    readonly Dictionary<(uint Device, ulong Inode), (ElfFile? Object, NamedObjects Tables)> _objects = [];

    /// <summary>The class of the block, or null.</summary>
    public string? Of(Address block)
    {
        if (!_words.TryRead(block.Value & ~7UL, out var word) || (word & 7) != 0)
            return null;
        if (_known.TryGetValue(word, out var name))
            return name;
        name = Resolve(word);
        if (_known.Count < MaxKnown)
            _known.Add(word, name);
        return name;
    }

    /// <summary>Blocks in use by class, those with the most bytes first.</summary>
    public IReadOnlyList<(string Class, ChunkCount Count)> Tally(ChunkTable chunks, CancellationToken cancellation)
    {
        var counts = new Dictionary<string, ChunkCount>();
        for (var i = 0; i < chunks.Count; i++)
        {
            if ((i & 0xffff) == 0)
                cancellation.ThrowIfCancellationRequested();
            if (chunks.StateOf(i).IsHeld() && Of(chunks.BlockOf(i)) is { } name)
                counts[name] = counts.GetValueOrDefault(name) + new ChunkCount(1, chunks.SizeOf(i));
        }
        return [.. counts.OrderByDescending(c => c.Value.Bytes).ThenBy(c => c.Key, StringComparer.Ordinal).Select(c => (c.Key, c.Value))];
    }

    string? Resolve(ulong pointer)
    {
        var row = mappings.IndexOf(new Address(pointer));
        if (row < 0 || mappings.Inodes[row] == 0)
            return null;
        var key = (mappings.Devices[row], mappings.Inodes[row]);
        if (!_objects.TryGetValue(key, out var found))
            _objects.Add(key, found = Open(row));
        var offset = mappings.Offsets[row] + (pointer - mappings.Starts[row]);
        return found.Object?.AddressOf(offset) is { } address && found.Tables.NameAt(address) is { } symbol ? ClassOf(symbol) : null;
    }

    /// <summary>The class that a virtual table's symbol stands for, or the symbol where it is not understood.</summary>
    static string ClassOf(string symbol)
    {
        const string VirtualTable = "vtable for ";
        var name = Demangler.Demangle(Encoding.Latin1.GetBytes(symbol));
        return name.StartsWith(VirtualTable, StringComparison.Ordinal) ? name[VirtualTable.Length..] : symbol;
    }

    (ElfFile? Object, NamedObjects Tables) Open(int row)
    {
        using var file = target.OpenMapped(mappings, strings, row);
        var elf = file is null ? null : ElfFile.TryReadMapped(file, wantSections: true);
        return (elf, NamedObjects.Read(elf, "_ZTV"u8));
    }
}
