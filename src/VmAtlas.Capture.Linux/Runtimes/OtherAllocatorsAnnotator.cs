using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Runtimes;

/// <summary>Memory of an allocator that is not glibc's: recognised by its library, named, never looked into.</summary>
/// <remarks>
/// Evidence: the allocator's library is mapped and the memory is private, anonymous, readable, writable, and at least 64 KiB long; or the C library is
/// musl, whose malloc takes small groups of pages. Such an allocator replaces malloc in the whole program, so nearly all anonymous memory is its own.
/// Wrong for what a program maps by itself. An allocator linked into the program without a library of its own is not recognised.
/// </remarks>
sealed class OtherAllocatorsAnnotator : IAnnotator
{
    const ulong Smallest = 64 << 10;

    static readonly (string File, string Name)[] s_allocators =
    [
        ("libjemalloc", "jemalloc"), ("libtcmalloc", "tcmalloc"), ("libmimalloc", "mimalloc"), ("libsnmalloc", "snmalloc"),
        ("librpmalloc", "rpmalloc"), ("libhoard", "Hoard"), ("ld-musl", "musl"),
    ];

    public string Name => "Other allocators";

    public void Annotate(AnnotationContext context)
    {
        foreach (var (file, name) in s_allocators)
        {
            if (AnonymousMemory.FindFile(context, file) is not (>= 0 and var row))
                continue;
            var path = context.Strings[context.Mappings.Names[row]];
            var region = context.Claims.AddRegion(MemoryType.Heap, name, $"{path} is mapped, which takes malloc's place in the whole program");
            foreach (var mapping in AnonymousMemory.NotWholly(context, Protection.Read | Protection.Write))
            {
                if (context.Mappings.Range(mapping).Size.Bytes >= (name == "musl" ? 4096 : Smallest))
                    context.Claims.Claim(region, mapping);
            }
            return;
        }
    }
}
