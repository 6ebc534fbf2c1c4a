namespace VmAtlas.Model;

/// <summary>Who the target is. What the system would not say is null.</summary>
public sealed record ProcessFacts
{
    /// <summary>Process id in the observer's pid namespace; 0 for a target that never was a process here (an imported file).</summary>
    public required int Pid { get; init; }

    /// <summary>Short name: <c>comm</c>, 15 bytes on Linux.</summary>
    public required string Name { get; init; }

    /// <summary>Command line, arguments joined by spaces; null for kernel threads and where it was not readable.</summary>
    public string? Command { get; init; }

    /// <summary>Path of the executable in the target's own mount namespace.</summary>
    public string? Executable { get; init; }

    public string? User { get; init; }

    public int? ParentPid { get; init; }

    /// <summary>Start of the process, wall clock. From <c>starttime</c> of stat and the boot time.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    public int? Threads { get; init; }

    /// <summary>"x86-64", "x86", "arm64", … from the header of the executable.</summary>
    public string? Architecture { get; init; }

    /// <summary>The cgroup path, shortened to a container's id where one is recognised.</summary>
    public string? Container { get; init; }

    /// <summary>Whether both are one process from its start on: not a later one that got its pid. It may have become another program.</summary>
    /// <remarks>A start is known to a tick of the kernel's clock, and its wall time moves when that clock is set: starts less than two
    /// seconds apart are the same.</remarks>
    public bool IsSameProcessAs(ProcessFacts other)
    {
        if (Pid == 0 || Pid != other.Pid)
            return false;
        return StartedAt is { } start && other.StartedAt is { } its
            ? (start - its).Duration() < TimeSpan.FromSeconds(2)
            : StartedAt == other.StartedAt;
    }
}

/// <summary>The machine the snapshot was taken on.</summary>
public sealed record SystemFacts
{
    /// <summary>"Linux 6.18.44" – system and kernel release.</summary>
    public required string Kernel { get; init; }

    public string? Host { get; init; }

    public string? Architecture { get; init; }

    public ByteSize PageSize { get; init; } = new(4096);

    /// <summary>Physical memory: MemTotal of /proc/meminfo.</summary>
    public ByteSize? PhysicalMemory { get; init; }
}

/// <summary>The limits of the user address space, by which gaps are told apart.</summary>
/// <param name="Lowest">Below it nothing can be mapped: <c>/proc/sys/vm/mmap_min_addr</c>.</param>
/// <param name="End">First address after user space: 0x7ffffffff000 with four levels of page tables.</param>
/// <param name="StackGuardGap">Kept free below a mapping that grows down: the kernel's <c>stack_guard_gap</c>, 256 pages.</param>
/// <param name="Granularity">New mappings begin at multiples of it: 64 KiB on Windows, where the rest behind a mapping can not be used. 0 where every page is good.</param>
public sealed record AddressSpaceLayout(Address Lowest, Address End, ByteSize StackGuardGap, ByteSize Granularity = default);

/// <summary>Whether one annotator ran, and what it cost.</summary>
/// <param name="Name">"Stack", "Image", …</param>
/// <param name="WhyNot">Null when it ran; else a sentence for people.</param>
public sealed record AnnotatorReport(string Name, bool Ran, string? WhyNot, TimeSpan Took);

/// <summary>Something that could not be read or did not fit, and why: shown with the snapshot, never swallowed.</summary>
/// <param name="Id">Stable, for scripts and tests: "pagemap-denied".</param>
public sealed record Problem(string Id, string Message);
