using VmAtlas.Capture.Linux.Facts;
using VmAtlas.Capture.Linux.Interop;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Proc;

/// <summary>What went wrong with a target, as one sentence that says what would help.</summary>
static class TargetErrors
{
    public static VmAtlasException NotFound(int pid) => new(Failure.NotFound, IsHidden
        ? $"there is no process {pid} to be seen: /proc is mounted with hidepid, which hides the processes of other users; run with sudo"
        : $"there is no process {pid}");

    /// <summary>Its files could not be opened.</summary>
    public static VmAtlasException Unreadable(ProcessFacts process, int errno) => errno switch
    {
        Libc.EACCES or Libc.EPERM => NotPermitted(process),
        Libc.ENOENT or Libc.ESRCH => new(Failure.TargetEnded, $"{Who(process)} ended"),
        _ => new(Failure.General, $"the mappings of {Who(process)} can not be read: errno {errno}"),
    };

    /// <summary>Its files are empty: a kernel thread, a zombie, or a process in the middle of ending.</summary>
    public static VmAtlasException WithoutMemory(ProcFolder folder, ProcessFacts process)
    {
        if (StatText.IsKernelThread(folder.TryRead("stat", out _) ?? []))
            return new(Failure.General, $"{Who(process)} is a kernel thread: it has no user memory to show");
        var status = new StatusText(folder.TryRead("status", out _) ?? []);
        return status.State is 'Z' or 'X'
            ? new(Failure.TargetEnded, $"{Who(process)} has ended (a zombie until process {status.ParentPid} collects it): its memory is gone")
            : new(Failure.TargetEnded, $"{Who(process)} is ending, or just becoming another program: it has no memory now; try again");
    }

    /// <summary>The address space that was read is gone.</summary>
    public static VmAtlasException Gone(ProcFolder folder, ProcessFacts process) => new(Failure.TargetEnded,
        new StatusText(folder.TryRead("status", out _) ?? []).HasMemory
            ? $"{Who(process)} became another program (exec) while it was read: read it again"
            : $"{Who(process)} ended while it was read");

    static VmAtlasException NotPermitted(ProcessFacts process)
    {
        var help = Libc.geteuid() == 0
            ? "refused even to root here: a container or security module needs to grant CAP_SYS_PTRACE"
            : $"needs CAP_SYS_PTRACE: run with sudo, or as user {process.User ?? "root"}";
        return new(Failure.NotPermitted, $"the memory of {Who(process)} may not be read: {help}");
    }

    static string Who(ProcessFacts process) => $"{process.Name} ({process.Pid})";

    /// <summary>Whether the mount hides processes from us: <c>hidepid=1</c>, 2 or 4 (or their names).</summary>
    static bool IsHidden => Libc.geteuid() != 0 && File.ReadLines("/proc/thread-self/mounts")
        .Any(l => l.Contains(" /proc proc ", StringComparison.Ordinal) && l.Contains("hidepid=", StringComparison.Ordinal)
            && !l.Contains("hidepid=0", StringComparison.Ordinal) && !l.Contains("hidepid=off", StringComparison.Ordinal));
}
