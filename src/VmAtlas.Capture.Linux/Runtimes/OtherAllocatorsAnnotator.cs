using VmAtlas.Capture.Linux.Runtimes.Allocators;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Runtimes;

/// <summary>Memory of an allocator that is not glibc's: recognised by its library or its shape, named, never looked into.</summary>
/// <remarks>
/// By library: the allocator's is mapped, so it takes malloc's place in the whole program, and what is private, anonymous, writable and long enough
/// is nearly all its own. By shape (see <see cref="MuslGroups"/>, <see cref="MimallocSegments"/>): for
/// allocators linked into the program where glibc's is not at work, and only for the mappings that have the shape. By what the program's file contains
/// (see <see cref="LinkedAllocator"/>), since jemalloc and tcmalloc leave no mark in the memory they manage: then, too, all such memory is taken for the allocator's.
/// Wrong, where the memory has no shape, for what a program maps by itself.
/// </remarks>
sealed class OtherAllocatorsAnnotator : IAnnotator
{
    /// <summary>Shorter mappings than this the loader and the C library make, too.</summary>
    const ulong Smallest = 64 << 10;

    const ulong PageBytes = 4096;

    /// <summary>With less without a name a program's file is not looked into.</summary>
    const ulong WorthALook = 256 << 10;

    /// <summary>The program looked into last, which stays the same for as long as a recording lasts.</summary>
    (uint Device, ulong Inode, bool MessagesToo, LinkedAllocator? Found)? _last;

    public string Name => "Other allocators";

    public void Annotate(AnnotationContext context)
    {
        if (AllocatorLibrary.Find(context) is { } library)
        {
            var smallest = library.Name == "musl" ? PageBytes : Smallest;
            Claim(context, library.Name, $"{library.Path} is mapped, which takes malloc's place in the whole program", Large(context, smallest));
            return;
        }
        if (!context.Findings.UsesGlibcMalloc && context.Target is IMemorySource memory)
        {
            Claim(context, "musl", "it begins with a group of musl's malloc, to which its own description points back", MuslGroups.Find(context, memory));
            Claim(context, "mimalloc", "it begins as others do with its own address, mixed with the one secret of mimalloc", MimallocSegments.Find(context, memory));
        }
        if (Linked(context) is { } linked)
            Claim(context, linked.Name, $"{linked.Path} has {linked.Name} in it: {linked.Evidence} was found there", Large(context, Smallest));
    }

    static IEnumerable<int> Large(AnnotationContext context, ulong smallest) =>
        AnonymousMemory.NotWholly(context, Protection.Read | Protection.Write).Where(m => context.Mappings.Range(m).Size.Bytes >= smallest);

    LinkedAllocator? Linked(AnnotationContext context)
    {
        var nameless = Large(context, Smallest).Aggregate(0UL, (sum, m) => sum + context.Mappings.Range(m).Size.Bytes);
        if (nameless < WorthALook || LinkedAllocator.ProgramRow(context) is not (>= 0 and var row))
            return null;
        var (device, inode, messagesToo) = (context.Mappings.Devices[row], context.Mappings.Inodes[row], !context.Findings.UsesGlibcMalloc);
        if (_last is { } last && (last.Device, last.Inode, last.MessagesToo) == (device, inode, messagesToo))
            return last.Found;
        _last = (device, inode, messagesToo, LinkedAllocator.Find(context, row, messagesToo));
        return _last.Value.Found;
    }

    /// <summary>One region for each run of neighbours.</summary>
    static void Claim(AnnotationContext context, string name, string reason, IEnumerable<int> mappings)
    {
        var (region, end) = (-1, 0UL);
        foreach (var mapping in mappings.ToList())
        {
            if (region < 0 || context.Mappings.Starts[mapping] != end)
                region = context.Claims.AddRegion(MemoryType.Heap, name, reason);
            context.Claims.Claim(region, mapping);
            end = context.Mappings.Ends[mapping];
        }
    }
}
