using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Runtimes;

/// <summary>What the recognisers of runtimes have in common: the private anonymous memory nobody has claimed yet, and looks at its words.</summary>
static class AnonymousMemory
{
    /// <summary>Mappings a recogniser looks into at most: a process with more has them of one kind, and the first ones tell.</summary>
    public const int MaxLooks = 16384;

    /// <summary>Private anonymous mappings without a name, with these accesses at least, of which nobody has claimed a byte.</summary>
    public static List<int> Unclaimed(AnnotationContext context, Protection access) => Find(context, access, context.Claims.IsFree);

    /// <summary>The same with those of which a part is left: the kernel merges what different owners mapped side by side.</summary>
    public static List<int> NotWholly(AnnotationContext context, Protection access) => Find(context, access, i => context.Claims.OwnerOf(i) < 0);

    /// <summary>Columns are taken once: a process has tens of thousands of such mappings, and several recognisers ask.</summary>
    static List<int> Find(AnnotationContext context, Protection access, Func<int, bool> isLeft)
    {
        var found = new List<int>();
        var inodes = context.Mappings.Inodes;
        var names = context.Mappings.Names;
        var protections = context.Mappings.Protections;
        for (var i = 0; i < protections.Length; i++)
        {
            if (inodes[i] == 0 && names[i] == 0 && (protections[i] & (access | Protection.Shared)) == access && isLeft(i))
                found.Add(i);
        }
        return found;
    }

    /// <summary>Whether some mapping is of a file so named: its last part begins with one of the names.</summary>
    public static bool MapsFile(AnnotationContext context, params ReadOnlySpan<string> names) => FindFile(context, names) >= 0;

    /// <summary>The first mapping of a file so named, or -1.</summary>
    public static int FindFile(AnnotationContext context, params ReadOnlySpan<string> names)
    {
        var last = -1;
        foreach (var i in context.Index.Files)
        {
            var name = context.Mappings.Names[i];
            if (name == last)
                continue;
            last = name;
            var path = context.Strings.Utf8(name);
            var file = path[(path.LastIndexOf((byte)'/') + 1)..];
            foreach (var wanted in names)
            {
                if (file.Length >= wanted.Length && System.Text.Ascii.Equals(file[..wanted.Length], wanted))
                    return i;
            }
        }
        return -1;
    }

    /// <summary>Reads words; false unless all are in memory.</summary>
    public static bool TryRead(IMemorySource memory, ulong address, Span<ulong> words) =>
        memory.Read(new Address(address), MemoryMarshal.AsBytes(words)) == words.Length * sizeof(ulong);

    public static ulong AlignUp(ulong address, ulong alignment) =>
        address > ulong.MaxValue - alignment ? ulong.MaxValue : address + alignment - 1 & ~(alignment - 1);
}
