namespace VmAtlas.Model;

/// <summary>A size column of blocks, regions and types. All are bytes; a source that can not know one leaves it absent.</summary>
/// <remarks>The source named is Linux's; <c>docs/columns.md</c> has Windows' and the reasons.</remarks>
public enum Measure : byte
{
    /// <summary>Length of the range: end − start of a line in <c>/proc/PID/maps</c>.</summary>
    Size,

    /// <summary>What the kernel has promised: an accessible mapping that is charged (VmFlags <c>ac</c>) or backed by a file counts
    /// its Size; a <c>PROT_NONE</c> or <c>nr</c> one counts what it holds (Rss + Swap).</summary>
    Committed,

    /// <summary>The part of Committed charged to this process alone: private with <c>ac</c> its Size, other private Anonymous + Swap.</summary>
    Private,

    /// <summary>Resident: Rss of smaps. hugetlb pages are not in it.</summary>
    TotalWs,

    /// <summary>Anonymous pages not shared at present with another process: Anonymous − max(0, Shared − (Rss − Anonymous)),
    /// exact from pagemap where one mapping holds both kinds.</summary>
    PrivateWs,

    /// <summary>Total WS − Private WS.</summary>
    ShareableWs,

    /// <summary>Mapped by another process at present: Shared_Clean + Shared_Dirty of smaps.</summary>
    SharedWs,

    /// <summary>Locked of smaps. The kernel reports it proportionally (it is Pss of a locked mapping).</summary>
    LockedWs,

    /// <summary>Proportional set size: Pss of smaps, rounded down to 1 KiB a mapping by the kernel.</summary>
    Pss,

    /// <summary>Unique set size, what ending the process would free: Private_Clean + Private_Dirty of smaps.</summary>
    Uss,

    /// <summary>Swap of smaps: swapped anonymous pages, and swapped pages of shared memory.</summary>
    Swap,

    /// <summary>SwapPss of smaps.</summary>
    SwapPss,

    /// <summary>Shared_Dirty + Private_Dirty of smaps.</summary>
    Dirty,

    /// <summary>Touched since the last <c>mark</c>: Referenced of smaps.</summary>
    Referenced,

    /// <summary>Not backed by a file any more or ever: Anonymous of smaps.</summary>
    Anonymous,

    /// <summary>Lazily freed (MADV_FREE), still resident: LazyFree of smaps.</summary>
    LazyFree,

    /// <summary>In transparent huge pages: AnonHugePages + ShmemPmdMapped + FilePmdMapped of smaps.</summary>
    Thp,

    /// <summary>Merged by kernel same-page merging: KSM of smaps.</summary>
    Ksm,

    /// <summary>hugetlb pages: Shared_Hugetlb + Private_Hugetlb of smaps. Not part of Total WS.</summary>
    Hugetlb,
}

/// <summary>The words for <see cref="Measure"/>: what tables, json and filters call them.</summary>
public static class Measures
{
    public const int Count = (int)Measure.Hugetlb + 1;

    static readonly (string Title, string Json, string[] Aliases)[] s_words =
    [
        ("Size", "size", []),
        ("Committed", "committed", ["commit"]),
        ("Private", "private", ["privatebytes"]),
        ("Total WS", "totalWs", ["rss", "ws", "resident"]),
        ("Private WS", "privateWs", []),
        ("Shareable WS", "shareableWs", []),
        ("Shared WS", "sharedWs", ["shared"]),
        ("Locked WS", "lockedWs", ["locked"]),
        ("PSS", "pss", []),
        ("USS", "uss", []),
        ("Swap", "swap", ["swapped"]),
        ("SwapPSS", "swapPss", []),
        ("Dirty", "dirty", []),
        ("Referenced", "referenced", ["touched"]),
        ("Anonymous", "anonymous", ["anon"]),
        ("LazyFree", "lazyFree", []),
        ("THP", "thp", ["hugepages"]),
        ("KSM", "ksm", []),
        ("Hugetlb", "hugetlb", []),
    ];

    /// <summary>The column's title in a table: "Total WS".</summary>
    public static string Title(this Measure measure) => s_words[(int)measure].Title;

    /// <summary>The field's name in json, files and filters: "totalWs".</summary>
    public static string JsonName(this Measure measure) => s_words[(int)measure].Json;

    /// <summary>Other names people use: "rss".</summary>
    public static IReadOnlyList<string> Aliases(this Measure measure) => s_words[(int)measure].Aliases;

    /// <summary>Reads a title, json name or alias; case, spaces, dashes and underscores do not matter.</summary>
    public static bool TryParse(string text, out Measure measure)
    {
        for (var i = 0; i < s_words.Length; i++)
        {
            if (Names.Same(text, s_words[i].Json) || Array.Exists(s_words[i].Aliases, a => Names.Same(text, a)))
            {
                measure = (Measure)i;
                return true;
            }
        }
        measure = default;
        return false;
    }
}
