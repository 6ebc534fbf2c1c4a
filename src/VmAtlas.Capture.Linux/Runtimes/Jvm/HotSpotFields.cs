using System.Text;
using VmAtlas.Capture.Linux.Memory;
using VmAtlas.Model;
using VmAtlas.Symbols;
using VmAtlas.Symbols.Bytes;
using VmAtlas.Symbols.Elf;

namespace VmAtlas.Capture.Linux.Runtimes.Jvm;

/// <summary>HotSpot's own description of its structures (<c>gHotSpotVMStructs</c> of vmStructs.hpp), which libjvm.so exports for debuggers.</summary>
/// <remarks>An array of { type name, field name, field type, static?, offset, address }, 48 bytes each, ended by a row of zeros. The array is read from the
/// target's memory, the names from the file.</remarks>
sealed class HotSpotFields
{
    const int RowWords = 6, MaxRows = 1 << 14, MaxName = 128;

    /// <summary>Only types that are asked about are kept.</summary>
    static readonly HashSet<string> s_types =
    [
        "Universe", "CollectedHeap", "MemRegion", "CodeCache", "CodeHeap", "VirtualSpace", "GrowableArrayBase", "GrowableArray<int>",
        "G1CollectedHeap", "HeapRegionManager", "G1HeapRegionTable", "HeapRegion", "HeapRegionType",
        "ParallelScavengeHeap", "PSYoungGen", "PSOldGen", "MutableSpace",
        "GenCollectedHeap", "DefNewGeneration", "TenuredGeneration", "Space", "ContiguousSpace",
        "BarrierSet", "CardTableBarrierSet", "CardTable",
        "ClassLoaderDataGraph", "ClassLoaderData", "Klass", "InstanceKlass",
    ];

    readonly Dictionary<string, (ulong Offset, ulong Address)> _fields = [];
    readonly IMemorySource _memory;

    HotSpotFields(IMemorySource memory) => _memory = memory;

    /// <returns>Null when the library does not describe itself, or can not be read.</returns>
    /// <param name="library">The first mapping of libjvm.so.</param>
    public static HotSpotFields? Read(AnnotationContext context, IMemorySource memory, MappedFile file, int library)
    {
        Span<ulong> array = stackalloc ulong[1];
        if (ElfFile.TryReadMapped(file, wantSections: true) is not { } elf
            || NamedObjects.Read(elf, "gHotSpotVMStructs"u8).AddressOf("gHotSpotVMStructs") is not { } symbol
            || !AnonymousMemory.TryRead(memory, unchecked(context.Mappings.Starts[library] - elf.Segments[0].Memory.Start.Value + symbol), array))
            return null;
        var fields = new HotSpotFields(memory);
        fields.ReadRows(context, file, array[0]);
        return fields._fields.Count > 0 ? fields : null;
    }

    /// <summary>The value of a static field.</summary>
    public ulong? Static(string field) => _fields.TryGetValue(field, out var found) && found.Address != 0 ? Word(found.Address) : null;

    /// <summary>The word at a field of an object.</summary>
    public ulong? Of(ulong target, string field) => _fields.TryGetValue(field, out var found) ? Word(unchecked(target + found.Offset)) : null;

    /// <summary>Where a field of an object lies.</summary>
    public ulong? AddressOf(ulong target, string field) => _fields.TryGetValue(field, out var found) ? unchecked(target + found.Offset) : null;

    /// <summary>The 32 bits at a field of an object.</summary>
    public uint? Int(ulong target, string field)
    {
        if (!_fields.TryGetValue(field, out var found))
            return null;
        var address = unchecked(target + found.Offset);
        return Word(address) is { } word ? (uint)(word >> ((int)(address & 4) * 8) & uint.MaxValue) : null;
    }

    /// <summary>Words of an array.</summary>
    public bool TryRead(ulong address, Span<ulong> words) => AnonymousMemory.TryRead(_memory, address, words);

    ulong? Word(ulong address)
    {
        Span<ulong> word = stackalloc ulong[1];
        return AnonymousMemory.TryRead(_memory, address & ~7UL, word) ? word[0] : null;
    }

    void ReadRows(AnnotationContext context, IFileBytes file, ulong at)
    {
        Span<ulong> row = stackalloc ulong[RowWords];
        var (last, type) = (0UL, (string?)null);
        for (var i = 0; i < MaxRows && AnonymousMemory.TryRead(_memory, at, row) && row[0] != 0; i++, at += RowWords * sizeof(ulong))
        {
            // Rows of a type follow each other and share its name. An offset that is no offset is nothing to add to an address.
            if (row[0] != last)
                (last, type) = (row[0], NameAt(context, file, row[0]));
            if (row[4] < 1 << 20 && type is not null && s_types.Contains(type) && NameAt(context, file, row[1]) is { } field)
                _fields.TryAdd($"{type}::{field}", (row[4], row[5]));
        }
    }

    static string? NameAt(AnnotationContext context, IFileBytes file, ulong address)
    {
        var row = context.Mappings.IndexOf(new Address(address));
        if (row < 0 || context.Mappings.Inodes[row] == 0)
            return null;
        Span<byte> text = stackalloc byte[MaxName];
        text = text[..file.Read((long)(context.Mappings.Offsets[row] + (address - context.Mappings.Starts[row]) & long.MaxValue), text)];
        var end = text.IndexOf((byte)0);
        return end > 0 ? Encoding.Latin1.GetString(text[..end]) : null;
    }
}
