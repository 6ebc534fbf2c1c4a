using VmAtlas.Capture.Linux.Facts;
using VmAtlas.Capture.Linux.Proc;

namespace VmAtlas.Capture.Linux.Processes;

/// <summary>Processes by name: those whose name is exactly it; if there are none, those that begin with it; then those that contain it.</summary>
/// <remarks>
/// A process answers to its <c>comm</c> (cut off after 15 bytes by the kernel), to the file name of its executable, and to the file name it
/// was called by (its first argument). Kernel threads and this very process do not answer.
/// </remarks>
public static class ProcessFinder
{
    /// <summary>All processes of the best kind of match, by pid: none, one, or several for the caller to choose from.</summary>
    public static IReadOnlyList<ProcessRow> Find(string name)
    {
        var found = new List<int>[] { [], [], [] };
        foreach (var pid in ProcessList.Pids())
        {
            if (pid != Environment.ProcessId && Rank(pid, name) is { } rank)
                found[rank].Add(pid);
        }
        var best = Array.Find(found, f => f.Count > 0) ?? [];
        return [.. best.Select(p => ProcessList.Read(p, ProcessDetail.Totals)).OfType<ProcessRow>().Where(r => !r.IsKernelThread)];
    }

    static int? Rank(int pid, string name)
    {
        using var folder = ProcFolder.TryOpen($"/proc/{pid}");
        if (folder is null || ProcessFactsReader.Name(folder) is not { } comm)
            return null;
        var called = folder.TryRead("cmdline", out _, limit: 4096);
        if (called is null or { Length: 0 })
            return null; // a kernel thread, or a zombie
        var end = called.AsSpan().IndexOf((byte)0);
        string?[] names =
        [
            comm, FileName(ProcessFactsReader.Executable(folder)),
            FileName(System.Text.Encoding.UTF8.GetString(end < 0 ? called : called.AsSpan(0, end))),
        ];
        return Array.Exists(names, n => n == name) ? 0
            : Array.Exists(names, n => n?.StartsWith(name, StringComparison.OrdinalIgnoreCase) == true) ? 1
            : Array.Exists(names, n => n?.Contains(name, StringComparison.OrdinalIgnoreCase) == true) ? 2 : null;
    }

    static string? FileName(string? path) => path is null ? null : Path.GetFileName(path.Replace(" (deleted)", "", StringComparison.Ordinal));
}
