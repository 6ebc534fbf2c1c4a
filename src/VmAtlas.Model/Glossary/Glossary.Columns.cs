namespace VmAtlas.Model;

public static partial class Glossary
{
    static readonly GlossaryEntry[] s_columns =
    [
        Column("address", "First address of the range.",
            "", "maps, first field", "BaseAddress of VirtualQueryEx"),
        Column("end", "First address after the range.",
            "A region with a hole in it has less Size than End − Address.", "maps, second field", "BaseAddress + RegionSize"),
        Column("type", "What the memory is: image, heap, stack and so on.",
            "The reason column says on what evidence.", "the annotators", "the annotators"),
        Measured(Measure.Size, "Length of the address range, whether anything is in it or not.",
            "Addresses are only a promise of a place: Size says little about cost.", "end − start of a line of maps", "RegionSize"),
        Measured(Measure.Committed, "What the system has promised to find room for when it is touched.",
            "The program may write all of it without asking again. Reserved address space is not in it.",
            "An accessible mapping that is charged (ac in VmFlags) or backed by a file counts its Size; a PROT_NONE or MAP_NORESERVE one "
            + "what it holds (Rss + Swap).",
            "ranges of state MEM_COMMIT"),
        Measured(Measure.Private, "The part of Committed that is charged to this process alone.",
            "A program whose Private grows without end leaks, wherever the memory is.",
            "Private mappings with ac count their Size, other private ones Anonymous + Swap, shared ones nothing.",
            "private commit of the range"),
        Measured(Measure.TotalWs, "How much of it is in physical memory now: the resident set, or working set.",
            "Pages shared with other processes count in full in each of them, so working sets can not be added up; PSS can.",
            "Rss of smaps; hugetlb pages are not in it", "pages with Valid set (QueryWorkingSetEx)"),
        Measured(Measure.PrivateWs, "Resident memory that is the process's own.",
            "Ending the process, or letting it free this, gives it back to the system.",
            "Anonymous pages not shared at present: Anonymous − max(0, Shared − (Rss − Anonymous))", "Valid pages that are not shareable"),
        Measured(Measure.ShareableWs, "Resident memory that other processes could use too: Total WS − Private WS.",
            "", "Total WS − Private WS", "Valid pages that are shareable"),
        Measured(Measure.SharedWs, "Resident memory that another process uses at this moment.",
            "", "Shared_Clean + Shared_Dirty of smaps", "Valid pages with a share count above 1"),
        Measured(Measure.LockedWs, "Resident memory that may not be swapped out.",
            "Programs lock secrets and buffers that must be quick.",
            "Locked of smaps, which is the PSS of a locked mapping: a shared page counts in part", "Valid pages with Locked set, and AWE"),
        Column("blocks", "How many mappings the system lists for it.",
            "A program has a limit of them: 65,530 on an ordinary Linux.", "lines of maps", "ranges of VirtualQueryEx"),
        Column("protection", "What the program may do there: read, write, execute; and whether it is shared or private.",
            "A region shows every access that one of its blocks allows. Memory that can be written and executed is worth a look.",
            "the rwxp field of maps", "PAGE_ constants"),
        Column("details", "What it is in particular: the file, the thread, the arena, the generation.", "", "the annotators",
            "the annotators"),
        Measured(Measure.Pss, "Proportional set size: each shared page counted in part, divided by the processes that map it.",
            "So it can be added up over processes, which Total WS can not.",
            "Pss of smaps, which the kernel rounds down to 1 KiB a mapping", ""),
        Measured(Measure.Uss, "Unique set size: resident pages that no other process maps.",
            "What ending this process alone would free.", "Private_Clean + Private_Dirty of smaps", ""),
        Measured(Measure.Swap, "What was moved out to swap space, and would have to be read back when touched.",
            "", "Swap of smaps; for shared memory too", ""),
        Measured(Measure.SwapPss, "Swap with each shared page counted in part.", "", "SwapPss of smaps", ""),
        Measured(Measure.Dirty, "Resident pages that differ from what is on disk, so that they can not simply be dropped.",
            "", "Shared_Dirty + Private_Dirty of smaps", ""),
        Measured(Measure.Referenced, "Resident pages touched since they came in, or since the last mark.",
            "Mark, use one function of the program, look again: this is what the function needs.", "Referenced of smaps", ""),
        Measured(Measure.Anonymous, "Resident pages that belong to no file, or no longer: heaps, stacks, changed copies of file pages.",
            "", "Anonymous of smaps", ""),
        Measured(Measure.LazyFree, "Memory the program gave back, which the system takes when it needs it (MADV_FREE).",
            "It still counts as resident until then, so a program may look larger than it is.", "LazyFree of smaps", ""),
        Measured(Measure.Thp, "The part in transparent huge pages, 2 MB each on x86-64.",
            "They make programs faster and sometimes larger than they need to be.",
            "AnonHugePages + ShmemPmdMapped + FilePmdMapped of smaps", ""),
        Measured(Measure.Ksm, "Pages the kernel merged with equal pages of other places (kernel same-page merging).", "",
            "KSM of smaps", ""),
        Measured(Measure.Hugetlb, "Pages of the pool of huge pages set aside by the administrator.",
            "They are not part of Total WS and can not be swapped.", "Shared_Hugetlb + Private_Hugetlb of smaps", ""),
        Column("name", "The system's own name for the mapping: a path, [heap], the name of a memfd.", "",
            "last field of maps", "GetMappedFileName"),
        Column("label", "What the block is within its region: a section, a guard, a generation.", "", "the annotators", "the annotators"),
        Column("reason", "The evidence for the type, in a sentence.", "", "the annotators", "the annotators"),
        Column("annotator", "Which part of VmAtlas recognised it.", "", "", ""),
        Column("flags", "The kernel's own flags of the mapping, two letters each.", "For instance lo is locked, gd grows down, ht hugetlb.",
            "VmFlags of smaps", ""),
        Column("marks", "What VmAtlas noticed: deleted, guard, clipped, apportioned, thp-eligible.", "", "", ""),
        Column("offset", "Where in its file the range begins, in bytes.", "", "third field of maps", ""),
        Column("inode", "The number of the file in its file system; 0 where there is no file.", "", "fifth field of maps", ""),
        Column("device", "The file system's device, major and minor in hexadecimal.", "", "fourth field of maps", ""),
        Column("pageSize", "Size of the pages the range is made of.", "", "KernelPageSize of smaps", ""),
        Column("protectionKey", "The memory protection key of the range; 0 is the default.", "", "ProtectionKey of smaps", ""),
    ];

    static GlossaryEntry Measured(Measure measure, string brief, string more, string linux, string windows) =>
        new(GlossaryKind.Column, measure.JsonName(), measure.Title(), brief, more) { Linux = linux, Windows = windows };

    static GlossaryEntry Column(string key, string brief, string more, string linux, string windows) =>
        new(GlossaryKind.Column, key, TitleOf(key), brief, more) { Linux = linux, Windows = windows };

    static string TitleOf(string key) => key switch
    {
        "flags" => "VmFlags",
        "pageSize" => "Page Size",
        "protectionKey" => "Protection Key",
        _ => char.ToUpperInvariant(key[0]) + key[1..],
    };
}
