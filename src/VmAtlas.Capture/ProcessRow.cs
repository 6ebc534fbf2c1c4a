using VmAtlas.Model;

namespace VmAtlas.Capture;

/// <summary>One process in a list. What was not asked for or may not be read is null, and <see cref="WhyNot"/> says why.</summary>
public sealed record ProcessRow
{
    public required int Pid { get; init; }

    public int? ParentPid { get; init; }

    /// <summary>Short name: on Linux <c>comm</c>, at most 15 bytes; on Windows the program's file name.</summary>
    public required string Name { get; init; }

    /// <summary>Owner by name, or by number where it has none.</summary>
    public string? User { get; init; }

    /// <summary>Arguments joined by spaces; null for kernel threads and zombies.</summary>
    public string? Command { get; init; }

    /// <summary>With <see cref="ProcessDetail.Sums"/> what ending the process would free (USS: Private_Clean + Private_Dirty of
    /// smaps_rollup); with <see cref="ProcessDetail.Mappings"/> the Private column of the process's own table, which also counts charged
    /// memory that was never touched. No file that everybody may read has either.</summary>
    public ByteSize? Private { get; init; }

    /// <summary>Rss: of smaps_rollup, else VmRSS of status, which can lag by some pages a core.</summary>
    public ByteSize? TotalWs { get; init; }

    /// <summary>Pss of smaps_rollup.</summary>
    public ByteSize? Pss { get; init; }

    /// <summary>Swap of smaps_rollup, else VmSwap of status, which leaves shared memory out.</summary>
    public ByteSize? Swap { get; init; }

    public int? Threads { get; init; }

    public string? Architecture { get; init; }

    /// <summary>See <see cref="ProcessFacts.Container"/>.</summary>
    public string? Container { get; init; }

    /// <summary>The letter of proc_pid_stat(5): R, S, D, T, t, Z, X, I; nothing where the system has none.</summary>
    public char State { get; init; }

    public bool IsKernelThread { get; init; }

    /// <summary>Why columns are missing; null when nothing went wrong.</summary>
    public string? WhyNot { get; init; }
}

/// <summary>How much a list reads of each process.</summary>
public enum ProcessDetail
{
    /// <summary>What everybody may read: no Private and no PSS.</summary>
    Totals,

    /// <summary>smaps_rollup: walks the pages of each process once.</summary>
    Sums,

    /// <summary>All mappings of each process: several times as much again.</summary>
    Mappings,
}
