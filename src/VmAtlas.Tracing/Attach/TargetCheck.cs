using System.Globalization;
using VmAtlas.Model;
using VmAtlas.Tracing.Launch;

namespace VmAtlas.Tracing.Attach;

/// <summary>Whether a running process can be traced, from what /proc says of it: asked before it is touched.</summary>
static class TargetCheck
{
    const int CapSysPtrace = 19;

    /// <exception cref="VmAtlasException">It can not, and why.</exception>
    public static void Require(int pid)
    {
        if (pid == Environment.ProcessId)
            throw new VmAtlasException(Failure.Usage, "VmAtlas can not trace itself");
        RequireFacts(pid, StatusOf(pid), StatusOf(Environment.ProcessId), new Rules(
            ReadNumber("/proc/sys/kernel/yama/ptrace_scope"), ReadNumber("/proc/sys/vm/memfd_noexec")));
        RequireProgram(pid);
        RequireRoomForFiles(pid);
    }

    /// <summary>What the administrator of the system allows; null where the kernel has no such rule.</summary>
    internal readonly record struct Rules(int? PtraceScope, int? MemfdNoExec);

    /// <param name="status">The target's lines of /proc/PID/status.</param>
    /// <param name="own">Ours.</param>
    internal static void RequireFacts(int pid, IReadOnlyDictionary<string, string> status, IReadOnlyDictionary<string, string> own, Rules rules)
    {
        var state = status.GetValueOrDefault("State", "");
        if (state.StartsWith('Z') || state.StartsWith('X'))
            throw new VmAtlasException(Failure.TargetEnded, $"process {pid} has ended and only waits for its parent to notice");
        if (!status.ContainsKey("VmSize"))
            throw new VmAtlasException(Failure.Usage, $"process {pid} is a thread of the kernel: it has no memory of its own to trace");
        if (status.GetValueOrDefault("TracerPid") is { } tracer and not "0")
            throw new VmAtlasException(Failure.NotPermitted, $"process {pid} is already traced by process {tracer} (a debugger or strace): only one can at a time");
        if (state.StartsWith('T'))
            throw new VmAtlasException(Failure.Usage, $"process {pid} is stopped by a signal: let it go on (kill -CONT {pid}) before attaching");
        RequireRight(pid, status, own, rules.PtraceScope);
        if (rules.MemfdNoExec == 2)
            throw new VmAtlasException(Failure.NotPermitted,
                "this system lets no code run from memory files (vm.memfd_noexec is 2): start the program with vmatlas trace -- instead");
    }

    static void RequireRight(int pid, IReadOnlyDictionary<string, string> status, IReadOnlyDictionary<string, string> own, int? scope)
    {
        var capabilities = ulong.Parse(own.GetValueOrDefault("CapEff", "0"), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if (scope == 3)
            throw new VmAtlasException(Failure.NotPermitted, "this system forbids attaching to any process (kernel.yama.ptrace_scope is 3): start the program with vmatlas trace -- instead");
        if ((capabilities >> CapSysPtrace & 1) != 0)
            return;
        var user = own.GetValueOrDefault("Uid", "").Split('\t').ElementAtOrDefault(1);
        if (status.GetValueOrDefault("Uid", "").Split('\t').Any(id => id != user))
            throw new VmAtlasException(Failure.NotPermitted, $"process {pid} belongs to another user: attach as that user or as root");
        if (scope >= 1)
            throw new VmAtlasException(Failure.NotPermitted,
                $"this system lets only root attach to a running process (kernel.yama.ptrace_scope is {scope}): use sudo, or start the program with vmatlas trace --");
    }

    static void RequireProgram(int pid)
    {
        ElfFacts facts;
        try
        {
            facts = ElfFacts.Read($"/proc/{pid}/exe");
        }
        catch (VmAtlasException e)
        {
            throw new VmAtlasException(Failure.NotPermitted, Interop.Libc.geteuid() == 0
                ? $"process {pid} can not be looked at: it has rights (capabilities) that even root has not here, as in a container"
                : $"process {pid} can not be looked at: it has other rights than we have, attach as root", e);
        }
        facts.RequireTraceable($"process {pid}");
    }

    /// <summary>It has to open two, one after the other. The numbers of descriptors are limited, so one that is free has to be below.</summary>
    static void RequireRoomForFiles(int pid)
    {
        const string line = "Max open files";
        try
        {
            var limits = File.ReadLines($"/proc/{pid}/limits").FirstOrDefault(l => l.StartsWith(line, StringComparison.Ordinal)) ?? "";
            if (!int.TryParse(limits.AsSpan(Math.Min(line.Length, limits.Length)).TrimStart().ToString().Split(' ')[0], CultureInfo.InvariantCulture, out var most)
                || Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd").Count(f => int.TryParse(Path.GetFileName(f), CultureInfo.InvariantCulture, out var number) && number < most) < most)
                return;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return; // who may not see that is told why when the process is entered
        }
        throw new VmAtlasException(Failure.NotPermitted,
            $"process {pid} has as many files open as it may (RLIMIT_NOFILE): raise its limit (prlimit --pid {pid} --nofile=64), or start it with vmatlas trace -- instead");
    }

    static Dictionary<string, string> StatusOf(int pid)
    {
        try
        {
            return File.ReadLines($"/proc/{pid}/status").Select(l => l.Split(':', 2)).Where(p => p.Length == 2)
                .ToDictionary(p => p[0], p => p[1].Trim());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VmAtlasException(Failure.NotFound, $"there is no process {pid}", e);
        }
    }

    static int? ReadNumber(string path)
    {
        try
        {
            return int.Parse(File.ReadAllText(path).AsSpan().Trim(), CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return null; // this kernel has no such setting
        }
    }
}
