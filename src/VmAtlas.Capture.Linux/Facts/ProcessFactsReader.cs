using System.Text;
using VmAtlas.Capture.Linux.Proc;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Facts;

/// <summary>Who a process is. What can not be read is null.</summary>
static class ProcessFactsReader
{
    /// <summary>A command line may be megabytes long; nobody reads more of it.</summary>
    const int MaxCommand = 1 << 16;

    public static ProcessFacts Read(ProcFolder folder, int pid)
    {
        var status = new StatusText(folder.TryRead("status", out _) ?? []);
        var stat = folder.TryRead("stat", out _) ?? [];
        return new ProcessFacts
        {
            Pid = pid,
            Name = Name(folder) ?? "",
            Command = Command(folder),
            Executable = Executable(folder),
            User = status.Uid is { } uid ? UserNames.Of(uid) : null,
            ParentPid = status.ParentPid,
            StartedAt = StatText.StartedAt(stat, SystemReader.BootTime),
            Threads = status.Threads,
            Architecture = ElfMachine.Of(folder),
            Container = Cgroup(folder)?.Container,
        };
    }

    public static string? Name(ProcFolder folder) => folder.TryReadText("comm")?.TrimEnd('\n');

    /// <summary>Arguments joined by spaces; null for a kernel thread or a zombie, which have none.</summary>
    public static string? Command(ProcFolder folder)
    {
        var bytes = folder.TryRead("cmdline", out _, MaxCommand);
        if (bytes is null or { Length: 0 })
            return null;
        bytes.AsSpan().Replace((byte)0, (byte)' ');
        return Encoding.UTF8.GetString(bytes).TrimEnd(' ');
    }

    public static string? Executable(ProcFolder folder)
    {
        try
        {
            return new FileInfo($"{folder.Path}/exe").LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public static CgroupPath? Cgroup(ProcFolder folder) => folder.TryReadText("cgroup") is { } text ? CgroupPath.Parse(text) : null;
}
