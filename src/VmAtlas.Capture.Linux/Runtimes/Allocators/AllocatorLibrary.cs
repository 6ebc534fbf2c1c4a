namespace VmAtlas.Capture.Linux.Runtimes.Allocators;

/// <summary>An allocator that takes malloc's place in the whole program, by the library that is mapped.</summary>
/// <remarks>Wrong where a program opens such a library under another name for its functions alone, as some do with jemalloc's prefixed ones.</remarks>
readonly record struct AllocatorLibrary(string Name, string Path)
{
    static readonly (string File, string Name)[] s_allocators =
    [
        ("libjemalloc", "jemalloc"), ("libtcmalloc", "tcmalloc"), ("libmimalloc", "mimalloc"), ("libsnmalloc", "snmalloc"),
        ("librpmalloc", "rpmalloc"), ("libhoard", "Hoard"), ("ld-musl", "musl"),
    ];

    public static AllocatorLibrary? Find(AnnotationContext context)
    {
        foreach (var (file, name) in s_allocators)
        {
            if (AnonymousMemory.FindFile(context, file) is >= 0 and var row)
                return new AllocatorLibrary(name, context.Strings[context.Mappings.Names[row]]);
        }
        return FindMusl(context);
    }

    /// <summary>musl's libc.so beside a glibc system: its folder says what it is, where the loader's name is a link to it.</summary>
    static AllocatorLibrary? FindMusl(AnnotationContext context)
    {
        if (AnonymousMemory.FindFile(context, "libc.so") is not (>= 0 and var row))
            return null;
        var path = context.Strings[context.Mappings.Names[row]];
        return path.Contains("musl", StringComparison.Ordinal) ? new AllocatorLibrary("musl", path) : null;
    }
}
