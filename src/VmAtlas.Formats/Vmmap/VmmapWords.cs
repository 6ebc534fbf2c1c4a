using VmAtlas.Model;

namespace VmAtlas.Formats.Vmmap;

/// <summary>VMMap's words where they are not the model's own: types of rows, and protections by rank.</summary>
static class VmmapWords
{
    /// <summary>Columns of the summary behind Type, in VMMap's order; Blocks and Largest follow.</summary>
    public static readonly Measure[] Sizes =
    [
        Measure.Size, Measure.Committed, Measure.Private, Measure.TotalWs, Measure.PrivateWs, Measure.ShareableWs, Measure.SharedWs, Measure.LockedWs,
    ];

    static readonly (string Word, MemoryType Type)[] s_rowTypes =
    [
        ("Image", MemoryType.Image), ("Image (ASLR)", MemoryType.Image), ("Mapped File", MemoryType.MappedFile), ("Shareable", MemoryType.Shareable),
        ("Heap (Private Data)", MemoryType.Heap), ("Heap (Shareable)", MemoryType.Heap), ("Heap", MemoryType.Heap),
        ("Managed Heap", MemoryType.ManagedHeap), ("Thread Stack", MemoryType.Stack), ("Stack", MemoryType.Stack),
        ("Private Data", MemoryType.PrivateData), ("Page Table", MemoryType.PageTable), ("System", MemoryType.PageTable),
        ("Unusable", MemoryType.Unusable), ("Unknown", MemoryType.Unusable), ("Free", MemoryType.Free),
    ];

    static readonly (string Word, Protection Protection)[] s_protections =
    [
        ("Read", Protection.Read), ("Read/Write", Protection.Read | Protection.Write), ("Copy on write", Protection.Read | Protection.CopyOnWrite),
        ("Execute", Protection.Execute), ("Execute/Read", Protection.Execute | Protection.Read),
        ("Execute/Read/Write", Protection.Execute | Protection.Read | Protection.Write),
        ("Execute/Copy on Write", Protection.Execute | Protection.Read | Protection.CopyOnWrite), ("No access", Protection.None),
        ("Reserved", Protection.None), ("", Protection.None),
    ];

    static readonly (string Word, Protection Protection)[] s_modifiers =
        [("Guard", Protection.Guard), ("WriteCombine", Protection.WriteCombine), ("NoCache", Protection.NoCache)];

    /// <summary>What VMMap calls the type in a row of the details, which is not always its name in the summary.</summary>
    public static string RowType(MemoryType type, bool shared) => type switch
    {
        MemoryType.Heap => shared ? "Heap (Shareable)" : "Heap (Private Data)",
        MemoryType.Stack => "Thread Stack",
        _ => type.Name(),
    };

    /// <summary>Reads a type of a row or of the summary, of this version of VMMap or an older one.</summary>
    public static bool TryParseType(ReadOnlySpan<char> word, out MemoryType type)
    {
        foreach (var (known, meaning) in s_rowTypes)
        {
            if (word.Equals(known, StringComparison.OrdinalIgnoreCase))
            {
                type = meaning;
                return true;
            }
        }
        type = default;
        return false;
    }

    /// <summary>Whether the words mean committed memory that nothing may access.</summary>
    public static bool IsNoAccess(ReadOnlySpan<char> words) => words.Equals("No access", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads "Execute/Copy on Write/Guard"; a word behind a slash that is not known is passed over.</summary>
    public static Protection ParseProtection(ReadOnlySpan<char> words)
    {
        var added = Protection.None;
        while (true)
        {
            foreach (var (known, meaning) in s_protections)
            {
                if (words.Equals(known, StringComparison.OrdinalIgnoreCase))
                    return meaning | added;
            }
            var slash = words.LastIndexOf('/');
            if (slash < 0)
                return added;
            added |= Modifier(words[(slash + 1)..]);
            words = words[..slash];
        }
    }

    static Protection Modifier(ReadOnlySpan<char> word)
    {
        foreach (var (known, meaning) in s_modifiers)
        {
            if (word.Equals(known, StringComparison.OrdinalIgnoreCase))
                return meaning;
        }
        return Protection.None;
    }
}
