using VmAtlas.Capture.Windows.Calls;

namespace VmAtlas.Capture.Windows;

/// <summary>The system's own counters of one process.</summary>
static class ProcessCounters
{
    /// <summary>SIZE_T fields of PROCESS_MEMORY_COUNTERS_EX and their places.</summary>
    static readonly (string Name, int Offset)[] s_fields =
    [
        ("PeakWorkingSetSize", 8), ("WorkingSetSize", 16), ("QuotaPagedPoolUsage", 32), ("QuotaNonPagedPoolUsage", 48),
        ("PagefileUsage", 56), ("PeakPagefileUsage", 64), ("PrivateUsage", 72),
    ];

    /// <param name="resident">Bytes of all pages found in the working set, where they could be asked for.</param>
    /// <remarks>
    /// VmPTE, the page tables, has no counter of its own. Page tables are part of the working set the system counts and of no address, so they are
    /// what WorkingSetSize has more than the pages found; it was taken a moment later, so some pages of difference are not page tables.
    /// A counter that reads zero (Wine leaves some out) is not known.
    /// </remarks>
    public static Dictionary<string, ulong> Read(IWindowsCalls calls, ulong? resident)
    {
        var counters = new Dictionary<string, ulong>();
        ReadOnlySpan<byte> answer = calls.AskAll(WindowsQuestion.Counters, 0, 80);
        if (answer.IsEmpty)
            return counters;
        foreach (var (name, offset) in s_fields)
        {
            if (answer.U64(offset) is > 0 and var bytes)
                counters[name] = bytes;
        }
        if (resident is { } found && counters.TryGetValue("WorkingSetSize", out var counted) && counted > found)
            counters["VmPTE"] = counted - found;
        return counters;
    }
}
