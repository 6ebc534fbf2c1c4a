namespace VmAtlas.Model;

/// <summary>What a range of the address space is. The order is VMMap's, and the order in which bars are stacked.</summary>
public enum MemoryType : byte
{
    /// <summary>An executable image mapped by the loader: ELF objects with their .bss, the vdso, PE images.</summary>
    Image,

    /// <summary>Any other mapping of a file.</summary>
    MappedFile,

    /// <summary>Shared memory without a file on disk: memfd, System V, POSIX shm, /dev/zero and shared anonymous.</summary>
    Shareable,

    /// <summary>Memory run by a malloc: the brk heap, glibc arenas, other allocators, Wine's NT heaps.</summary>
    Heap,

    /// <summary>Memory run by a managed runtime.</summary>
    ManagedHeap,

    /// <summary>A thread's stack with its guard.</summary>
    Stack,

    /// <summary>Other private memory.</summary>
    PrivateData,

    /// <summary>The kernel's page tables for the process (VmPTE). It has no address.</summary>
    PageTable,

    /// <summary>Address space a new mapping can not take: below <c>vm.mmap_min_addr</c>, and the gap kept below a growing stack.</summary>
    Unusable,

    /// <summary>Address space nobody uses.</summary>
    Free,
}

/// <summary>The words for <see cref="MemoryType"/> that people, files and filters use.</summary>
public static class MemoryTypes
{
    static readonly string[] s_names =
    [
        "Image", "Mapped File", "Shareable", "Heap", "Managed Heap", "Stack", "Private Data", "Page Table", "Unusable", "Free",
    ];

    public const int Count = 10;

    /// <summary>The summary's word: "Mapped File".</summary>
    public static string Name(this MemoryType type) => s_names[(int)type];

    /// <summary>Whether Total counts it: everything but Free (law 1).</summary>
    public static bool CountsInTotal(this MemoryType type) => type != MemoryType.Free;

    /// <summary>Reads a name; case, spaces, dashes and underscores do not matter ("mappedfile", "mapped-file").</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out MemoryType type)
    {
        for (var i = 0; i < s_names.Length; i++)
        {
            if (Names.Same(text, s_names[i]))
            {
                type = (MemoryType)i;
                return true;
            }
        }
        type = default;
        return false;
    }
}
