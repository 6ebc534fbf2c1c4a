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

    /// <summary>Reads "Execute/Copy on Write/Guard"; what is added behind (WriteCombine, NoCache) has no bit in the model and is passed over.</summary>
    public static Protection ParseProtection(ReadOnlySpan<char> words)
    {
        var guard = Protection.None;
        while (true)
        {
            foreach (var (known, meaning) in s_protections)
            {
                if (words.Equals(known, StringComparison.OrdinalIgnoreCase))
                    return meaning | guard;
            }
            var slash = words.LastIndexOf('/');
            if (slash < 0)
                return guard;
            if (words[(slash + 1)..].Equals("Guard", StringComparison.OrdinalIgnoreCase))
                guard = Protection.Guard;
            words = words[..slash];
        }
    }

    /// <summary>Windows' PAGE_* constant of a protection: VMMap shows the numerically greatest of its blocks for a region.</summary>
    public static uint ToPageConstant(Protection protection)
    {
        var execute = (protection & Protection.Execute) != 0;
        var access = (protection & (Protection.Read | Protection.Write | Protection.CopyOnWrite)) switch
        {
            var p when (p & Protection.CopyOnWrite) != 0 => execute ? 0x80u : 0x08,
            var p when (p & Protection.Write) != 0 => execute ? 0x40u : 0x04,
            Protection.Read => execute ? 0x20u : 0x02,
            _ => execute ? 0x10u : 0,
        };
        return access | ((protection & Protection.Guard) != 0 ? 0x100u : 0);
    }

    /// <summary>The protection of a PAGE_* constant, as saved files have it; bits without a meaning here are passed over.</summary>
    public static Protection FromPageConstant(uint constant)
    {
        var access = (constant & 0xff) switch
        {
            0x02 => Protection.Read,
            0x04 => Protection.Read | Protection.Write,
            0x08 => Protection.Read | Protection.CopyOnWrite,
            0x10 => Protection.Execute,
            0x20 => Protection.Execute | Protection.Read,
            0x40 => Protection.Execute | Protection.Read | Protection.Write,
            0x80 => Protection.Execute | Protection.Read | Protection.CopyOnWrite,
            _ => Protection.None,
        };
        return access | ((constant & 0x100) != 0 ? Protection.Guard : 0);
    }
}
