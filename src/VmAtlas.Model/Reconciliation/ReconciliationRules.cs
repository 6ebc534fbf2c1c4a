namespace VmAtlas.Model;

/// <summary>One comparison of counters with a figure of ours.</summary>
/// <param name="Counters">Names in <see cref="Snapshot.Counters"/>, added up; the rule is left out when one is missing.</param>
/// <param name="Small">Why a difference within the tolerance is nothing.</param>
sealed record ReconciliationRule(string[] Counters, string What, Func<ReconciliationFigures, ulong?> Ours, string Small = "")
{
    public Func<ReconciliationFigures, ulong> Tolerance { get; init; } = _ => 0;

    /// <summary>Whether a difference (ours less theirs) is of the kind that <see cref="Nature"/> makes; null when none is.</summary>
    public Func<long, bool>? NatureFits { get; init; }

    public string Nature { get; init; } = "";

    public ulong? Counted(Snapshot snapshot)
    {
        var sum = 0UL;
        foreach (var name in Counters)
        {
            if (!snapshot.Counters.TryGetValue(name, out var value))
                return null;
            sum = unchecked(sum + value);
        }
        return sum;
    }
}

/// <summary>What is compared, by the kernel's own definitions (<c>fs/proc/task_mmu.c</c>, <c>mm/mmap.c</c>: vm_stat_account).</summary>
static class ReconciliationRules
{
    /// <summary>The kernel counts resident pages by processor, 32 pages or more at a time, and status may leave out what is not added
    /// up yet. (Before 6.2 it was 64 pages a thread.) Two MiB are 16 processors' worth.</summary>
    const ulong Drift = 2 << 20;

    const string DriftCause = "the kernel adds its counters of the single processors up only now and then";
    const string RoundingCause = "the kernel rounds the figure down to a KiB for each mapping";

    const Protection Write = Protection.Write, Execute = Protection.Execute, Shared = Protection.Shared;

    public static readonly ReconciliationRule[] All =
    [
        new(["VmSize"], "sizes of all mappings", f => f.Sizes((_, _) => true)),
        new(["VmSize"], "Total Size", f => f.Total(Measure.Size))
        {
            NatureFits = more => more > 0,
            Nature = "Total Size also counts page tables, unusable address space and the kernel's own page [vsyscall]",
        },
        new(["WorkingSetSize"], "Total WS", f => f.Total(Measure.TotalWs))
        {
            NatureFits = _ => true, Nature = "the counter was read a moment after the pages",
        },
        new(["PrivateUsage"], "Private", f => f.Total(Measure.Private))
        {
            NatureFits = _ => true,
            Nature = "Windows charges page tables too, and of images that copy on write what it expects to be written",
        },
        Drifting(["VmRSS"], "Total WS without page tables", f => f.Sum(Measure.TotalWs)),
        Drifting(["RssAnon"], "Anonymous", f => f.Sum(Measure.Anonymous)),
        Drifting(["RssFile", "RssShmem"], "Total WS without page tables and Anonymous", f => f.NotAnonymous()),
        new(["RssShmem"], "Total WS less Anonymous of Shareable", f => f.SharedMemory())
        {
            NatureFits = _ => true,
            Nature = "files on tmpfs, programs run from memory among them, are in RssShmem, but are Mapped File or Image here; "
                + "secret memory (memfd_secret) is Shareable here, but not in RssShmem",
        },
        new(["RssAnon", "VmSwap"], "Private", f => f.Total(Measure.Private))
        {
            NatureFits = more => more > 0, Nature = "Private counts what was promised, also where nothing was touched yet, and page tables",
        },
        new(["VmData"], "sizes of private writable mappings that do not grow down",
            f => f.Sizes((p, flags) => (p & (Write | Shared)) == Write && (flags & VmFlags.GrowsDown) == 0)),
        new(["VmData"], "Private", f => f.Total(Measure.Private))
        {
            NatureFits = _ => true,
            Nature = "VmData counts private writable mappings by their size, reserved ones too; "
                + "Private counts charged memory, stacks and page tables too",
        },
        new(["VmStk"], "sizes of mappings that grow down",
            f => f.Sizes((_, flags) => (flags & (VmFlags.GrowsDown | VmFlags.ShadowStack)) != 0)),
        new(["VmExe", "VmLib"], "sizes of executable mappings that can not be written",
            f => f.Sizes((p, flags) => (p & (Execute | Write)) == Execute && (flags & VmFlags.GrowsDown) == 0)),
        new(["VmPTE"], "Page Table", f => f.PageTables),
        Drifting(["VmSwap"], "Swap of private mappings", f => f.SwapOfPrivateMappings()),
        new(["VmSwap"], "Swap", f => f.Sum(Measure.Swap))
        {
            NatureFits = more => more > -(long)Drift, Nature = "VmSwap does not count swapped shared memory",
        },
        new(["VmLck"], "sizes of locked mappings",
            f => f.Sizes((_, flags) => (flags & VmFlags.Locked) != 0
                && (flags & (VmFlags.HugeTlb | VmFlags.IoDevice | VmFlags.PfnMap)) == 0)),
        new(["VmLck"], "Locked WS", f => f.Sum(Measure.LockedWs))
        {
            NatureFits = more => more < 0, Nature = "VmLck counts whole mappings; Locked WS what of them is in memory, shared pages in part",
        },
        new(["HugetlbPages"], "Hugetlb", f => f.Sum(Measure.Hugetlb)),
        .. Rollup(),
        new(["cgroup.current"], "Total WS", f => f.Total(Measure.TotalWs))
        {
            NatureFits = _ => true,
            Nature = "the cgroup also counts its other processes, file pages kept after reading and kernel memory, "
                + "and not pages charged to another cgroup",
        },
    ];

    static ReconciliationRule Drifting(string[] counters, string what, Func<ReconciliationFigures, ulong?> ours) =>
        new(counters, what, ours, DriftCause) { Tolerance = _ => Drift };

    static IEnumerable<ReconciliationRule> Rollup()
    {
        yield return Exact(Measure.TotalWs, "Rss");
        yield return Rounded(Measure.Pss, "Pss");
        yield return Exact(Measure.Uss, "Private_Clean", "Private_Dirty");
        yield return Exact(Measure.SharedWs, "Shared_Clean", "Shared_Dirty");
        yield return Exact(Measure.Dirty, "Shared_Dirty", "Private_Dirty");
        yield return Exact(Measure.Referenced, "Referenced");
        yield return Exact(Measure.Anonymous, "Anonymous");
        yield return Exact(Measure.LazyFree, "LazyFree");
        yield return Exact(Measure.Ksm, "KSM");
        yield return Exact(Measure.Thp, "AnonHugePages", "ShmemPmdMapped", "FilePmdMapped");
        yield return Exact(Measure.Hugetlb, "Shared_Hugetlb", "Private_Hugetlb");
        yield return Exact(Measure.Swap, "Swap");
        yield return Rounded(Measure.SwapPss, "SwapPss");
        yield return Rounded(Measure.LockedWs, "Locked");

        static ReconciliationRule Exact(Measure measure, params string[] fields) =>
            new([.. fields.Select(f => $"rollup.{f}")], measure.Title(), f => f.Sum(measure));

        static ReconciliationRule Rounded(Measure measure, string field) =>
            Exact(measure, field) with { Tolerance = f => f.Mappings * 1024, Small = RoundingCause };
    }
}
