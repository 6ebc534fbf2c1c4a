using VmAtlas.Capture.Linux.Elf;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

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
    readonly Dictionary<(uint Device, ulong Inode), (ElfObject? Object, ElfSymbols Tables)> _objects = [];

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
        foreach (var segment in found.Object?.Segments ?? [])
        {
            if (offset >= segment.Offset && offset - segment.Offset < segment.FileSize)
                return found.Tables.NameAt(segment.Memory.Start.Value + (offset - segment.Offset)) is { } symbol ? ClassName.Of(symbol) : null;
        }
        return null;
    }

    (ElfObject? Object, ElfSymbols Tables) Open(int row)
    {
        using var file = target.OpenMapped(mappings, strings, row);
        BytesAt bytes = (offset, into) => file is null || offset > long.MaxValue ? 0 : file.Read((long)offset, into);
        return (ElfReader.TryRead(bytes, wantSections: false), ElfSymbols.Read(bytes, "_ZTV"u8));
    }
}
