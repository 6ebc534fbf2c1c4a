using System.Buffers.Text;

namespace VmAtlas.Capture.Linux.Proc;

/// <summary>Fields of <c>/proc/PID/stat</c> by the numbers of proc_pid_stat(5).</summary>
static class StatText
{
    const int Parent = 4, Flags = 9, StartTime = 22;
    const ulong KernelThread = 0x00200000; // PF_KTHREAD of linux/sched.h

    /// <summary>USER_HZ, in which user space is told times: 100 on every architecture that .NET runs on.</summary>
    const double TicksPerSecond = 100;

    public static bool IsKernelThread(ReadOnlySpan<byte> stat) => (Number(stat, Flags) & KernelThread) != 0;

    public static int ParentPid(ReadOnlySpan<byte> stat) => (int)Number(stat, Parent);

    /// <summary>Ticks from the system's boot to the start of the process.</summary>
    public static ulong StartTicks(ReadOnlySpan<byte> stat) => Number(stat, StartTime);

    /// <summary>Start of the process by the wall clock; null when boot time is not known.</summary>
    public static DateTimeOffset? StartedAt(ReadOnlySpan<byte> stat, DateTimeOffset? boot) =>
        StartTicks(stat) is > 0 and var ticks ? boot?.AddSeconds(ticks / TicksPerSecond) : null;

    static ulong Number(ReadOnlySpan<byte> stat, int field)
    {
        // The name, field 2, may hold spaces and parentheses: the last ')' ends it.
        var rest = stat[(stat.LastIndexOf((byte)')') + 1)..];
        for (var i = 2; i < field; i++)
        {
            var space = rest.IndexOf((byte)' ');
            if (space < 0)
                return 0;
            rest = rest[(space + 1)..];
        }
        return Utf8Parser.TryParse(rest, out ulong value, out _) ? value : 0;
    }
}
