using VmAtlas.Capture.Linux.Memory;
using VmAtlas.Model;
using VmAtlas.Symbols.Elf;

namespace VmAtlas.Capture.Linux.Runtimes;

/// <summary>The Go runtime's memory: heap arenas, goroutine stacks among them, and what the runtime keeps of them.</summary>
/// <remarks>
/// Evidence: an object mapped has Go's sections (.go.buildinfo, .gopclntab), and on 64-bit Linux Go puts its arenas at 0xc000000000 and up, in
/// steps of 64 MiB, one behind the other. Goroutines' stacks are spans of these arenas and not told apart here. A program without any shared object has no other
/// allocator than Go's, so all its anonymous memory is the runtime's; one with C in it (cgo) has, and then only the arenas are claimed. Wrong for
/// a program that maps memory by itself (mmap by hand, not by malloc).
/// </remarks>
sealed class GoAnnotator : IAnnotator
{
    const ulong ArenasStart = 0xc000000000, HintStep = 1UL << 40;
    const ulong Hints = 128;

    public string Name => "Go";

    public void Annotate(AnnotationContext context)
    {
        // Nearly no other program has anything there: all but Go programs cost no more than this look.
        if (!HasArena(context) || FindGo(context) is not (>= 0 and var program))
            return;
        var path = context.Strings[context.Mappings.Names[program]];
        var alone = !AnonymousMemory.MapsFile(context, "ld-linux", "ld-musl", "libc.");
        var heap = context.Claims.AddRegion(MemoryType.ManagedHeap, "Go heap",
            $"{path} is a Go program, and Go puts its heap arenas at 0xc000000000 and up");
        var rest = context.Claims.AddRegion(MemoryType.ManagedHeap, "Go runtime",
            $"{path} is a Go program without shared objects: whatever anonymous memory there is, its runtime took");
        var arenasEnd = 0UL;
        for (var row = 0; row < context.Mappings.Count; row++)
        {
            if (context.Mappings.Inodes[row] != 0 || context.Mappings.Protections[row].IsShared() || !context.Claims.IsFree(row))
                continue;
            var isArena = context.Mappings.Starts[row] == arenasEnd || IsHint(context.Mappings.Starts[row]);
            arenasEnd = isArena ? context.Mappings.Ends[row] : arenasEnd;
            var name = context.Strings.Utf8(context.Mappings.Names[row]);
            if (name.StartsWith("[anon: Go"u8) || name.IsEmpty && isArena)
                context.Claims.Claim(heap, row);
            else if (alone && name.IsEmpty)
                context.Claims.Claim(rest, row);
        }
    }

    static bool HasArena(AnnotationContext context)
    {
        for (var hint = ArenasStart; hint < Hints * HintStep; hint += HintStep)
        {
            if (context.Mappings.IndexOf(new Address(hint)) >= 0)
                return true;
        }
        return false;
    }

    /// <summary>The hints that malloc.go tries in order: 0x00c0…, 0x01c0…, up to 0x7fc0… in the top bytes of 48 bits. Arenas follow one another from there on;
    /// that they begin exactly at a hint tells them from what the kernel puts at 0x7fc… and up.</summary>
    static bool IsHint(ulong address) => address >= ArenasStart && (address - ArenasStart) % HintStep == 0 && address / HintStep < Hints;

    static int FindGo(AnnotationContext context)
    {
        if (context.Target is not IMappedFiles files)
            return -1;
        // The program itself is a Go program; a Go library in another program brings a second runtime and is not looked for.
        for (var row = 0; row < context.Mappings.Count; row++)
        {
            if (context.Mappings.Inodes[row] == 0 || context.Mappings.Offsets[row] != 0)
                continue;
            using var file = files.OpenMapped(context.Mappings, context.Strings, row);
            var elf = file is null ? null : ElfFile.TryReadMapped(file, wantSections: true);
            return elf is not null && elf.Sections.Any(s => s.Name is ".go.buildinfo" or ".gopclntab") ? row : -1;
        }
        return -1;
    }
}
