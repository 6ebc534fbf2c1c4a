using VmAtlas.Capture.Linux.Memory;
using VmAtlas.Model;
using VmAtlas.Symbols.Elf;

namespace VmAtlas.Capture.Linux.Runtimes.Allocators;

/// <summary>An allocator linked into the program itself, told by what the program's file contains.</summary>
/// <remarks>
/// Evidence: names of the allocator's own functions among the names of symbols, which are there unless the program was stripped, or the beginnings of its messages
/// among the constants, which are always there. Messages alone are believed only where glibc's malloc is not at work: a program may speak of an allocator without
/// having it. Other objects than the program are not looked into, nor sections larger than <see cref="MostBytes"/>.
/// </remarks>
/// <param name="Evidence">What was found, for people.</param>
readonly record struct LinkedAllocator(string Name, string Path, string Evidence)
{
    /// <summary>Read of one program at most.</summary>
    const long MostBytes = 256 << 20;

    const int ChunkBytes = 1 << 20;

    sealed record Mark(string Allocator, string Symbol, string Message)
    {
        public byte[] SymbolBytes { get; } = System.Text.Encoding.ASCII.GetBytes(Symbol);

        public byte[] MessageBytes { get; } = System.Text.Encoding.ASCII.GetBytes(Message);
    }

    static readonly Mark[] s_marks =
    [
        new("jemalloc", "je_arena_boot", "<jemalloc>: "), new("tcmalloc", "_ZN8tcmalloc", "tcmalloc.pageheap_unmapped_bytes"),
        new("mimalloc", "_mi_heap_init", "mimalloc: warning: "),
    ];

    /// <param name="row">A mapping of the program's file.</param>
    /// <param name="messagesToo">Whether messages are believed.</param>
    /// <returns>Null when the program has none that is known, or can not be read.</returns>
    public static LinkedAllocator? Find(AnnotationContext context, int row, bool messagesToo)
    {
        if (context.Target is not IMappedFiles files)
            return null;
        using var file = files.OpenMapped(context.Mappings, context.Strings, row);
        if (file is null || ElfFile.TryRead(file, out _) is not { } elf)
            return null;
        var (left, path) = (MostBytes, context.Strings[context.Mappings.Names[row]]);
        foreach (var name in (ReadOnlySpan<string>)[".strtab", ".dynstr", ".rodata"])
        {
            var isMessage = name == ".rodata";
            if (isMessage && !messagesToo || elf.Find(name) is not { IsCompressed: false } section
                || section.Offset > (ulong)file.Length || section.Size > (ulong)file.Length - section.Offset || section.Size > (ulong)left)
                continue;
            left -= (long)section.Size;
            if (Search(file, section, isMessage) is { } mark)
                return new LinkedAllocator(mark.Allocator, path, isMessage ? $"a message of it (\"{mark.Message.Trim()}\")" : $"a function of it ({mark.Symbol})");
        }
        return null;
    }

    /// <summary>The lowest mapping of a file's start, which is the program's own; -1 when there is none.</summary>
    public static int ProgramRow(AnnotationContext context)
    {
        for (var row = 0; row < context.Mappings.Count; row++)
        {
            if (context.Mappings.Inodes[row] != 0 && context.Mappings.Offsets[row] == 0)
                return row;
        }
        return -1;
    }

    static Mark? Search(MappedFile file, ElfSection section, bool messages)
    {
        var chunk = new byte[(int)Math.Min(section.Size, ChunkBytes)];
        // A mark may lie across the border of two chunks.
        for (var at = 0UL; at < section.Size; at += (ulong)(chunk.Length - 64))
        {
            var part = chunk.AsSpan(0, file.Read((long)(section.Offset + at), chunk.AsSpan(0, (int)Math.Min((ulong)chunk.Length, section.Size - at))));
            foreach (var mark in s_marks)
            {
                if (part.IndexOf(messages ? mark.MessageBytes : mark.SymbolBytes) >= 0)
                    return mark;
            }
            if (part.Length < chunk.Length || chunk.Length <= 64)
                break;
        }
        return null;
    }
}
