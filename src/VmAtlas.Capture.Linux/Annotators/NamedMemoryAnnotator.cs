using System.Text;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Annotators;

/// <summary>Memory that the program named itself: <c>[anon:NAME]</c>, prctl(2) PR_SET_VMA_ANON_NAME, on kernels with CONFIG_ANON_VMA_NAME.</summary>
/// <remarks>
/// Evidence is what the program says. The names of well-known allocators and runtimes give the type; any other is private data under its
/// name. Wrong when a program gives its memory the name of another one's allocator. Neighbours of one name are one region.
/// </remarks>
sealed class NamedMemoryAnnotator : IAnnotator
{
    /// <summary>How the names begin, and what that memory is for.</summary>
    static readonly (string Prefix, MemoryType Type)[] s_known =
    [
        (" glibc: pthread", MemoryType.Stack), ("stack_and_tls:", MemoryType.Stack),
        (" glibc:", MemoryType.Heap), ("libc_malloc", MemoryType.Heap), ("scudo:", MemoryType.Heap), ("GWP-ASan", MemoryType.Heap),
        ("jemalloc", MemoryType.Heap), ("tcmalloc", MemoryType.Heap), ("mimalloc", MemoryType.Heap), ("partition_alloc", MemoryType.Heap),
        ("v8", MemoryType.ManagedHeap), ("dalvik-", MemoryType.ManagedHeap), (" Go: heap", MemoryType.ManagedHeap), ("Go: heap", MemoryType.ManagedHeap),
        ("cpython:", MemoryType.ManagedHeap), ("Ruby:", MemoryType.ManagedHeap),
    ];

    public string Name => "Named memory";

    public void Annotate(AnnotationContext context)
    {
        var (mappings, claims, strings) = (context.Mappings, context.Claims, context.Strings);
        var reason = strings.Intern("the program named it so (PR_SET_VMA)");
        foreach (var first in context.Index.Named)
        {
            var i = first;
            var name = strings.Utf8(mappings.Names[first]);
            if (!name.StartsWith("[anon:"u8) || !claims.IsFree(i))
                continue;
            var text = Encoding.UTF8.GetString(name[6..(name.EndsWith("]"u8) ? name.Length - 1 : name.Length)]);
            var region = claims.AddRegion(TypeOf(text), strings.Intern(text.Trim()), reason);
            do
                claims.Claim(region, i++);
            while (i < mappings.Count && claims.IsFree(i) && mappings.Names[i] == mappings.Names[i - 1] && mappings.Starts[i] == mappings.Ends[i - 1]);
        }
    }

    static MemoryType TypeOf(string name)
    {
        foreach (var (prefix, type) in s_known)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
                return type;
        }
        return MemoryType.PrivateData;
    }
}
