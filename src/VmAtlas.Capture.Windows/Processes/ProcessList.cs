using VmAtlas.Capture.Windows.Calls;
using VmAtlas.Model;

namespace VmAtlas.Capture.Windows.Processes;

/// <summary>The processes there are, and who each of them is where that may be known.</summary>
static class ProcessList
{
    public static IReadOnlyList<ProcessRow> Read(ProcessDetail detail, bool kernelThreads, CancellationToken cancellation)
    {
        var rows = ProcessTable.Read().Where(r => kernelThreads || !r.IsKernelThread).OrderBy(r => r.Pid).ToList();
        for (var i = 0; i < rows.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            rows[i] = WithFacts(rows[i], detail);
        }
        return rows;
    }

    /// <summary>By the file name of its program, with or without ".exe"; see <see cref="IPlatform.Find"/>.</summary>
    public static IReadOnlyList<ProcessRow> Find(string name)
    {
        var rows = ProcessTable.Read().Where(r => !r.IsKernelThread && r.Pid != Environment.ProcessId).OrderBy(r => r.Pid).ToList();
        var best = Best(r => Same(r.Name, name) || Same(r.Name, name + ".exe"))
            ?? Best(r => r.Name.StartsWith(name, StringComparison.OrdinalIgnoreCase))
            ?? Best(r => r.Name.Contains(name, StringComparison.OrdinalIgnoreCase)) ?? [];
        return [.. best.Select(r => WithFacts(r, ProcessDetail.Totals))];

        List<ProcessRow>? Best(Func<ProcessRow, bool> fits) => rows.Where(fits).ToList() is { Count: > 0 } found ? found : null;
    }

    /// <summary>By the parent each one names, which may have ended and its number been given again: a child older than its parent is none, but only
    /// numbers are compared here, so a circle is walked once.</summary>
    public static IReadOnlyList<int> TreeOf(int pid)
    {
        var children = ProcessTable.Read().ToLookup(r => r.ParentPid ?? 0, r => r.Pid);
        var (tree, open) = (new List<int>(), new Stack<int>([pid]));
        while (open.TryPop(out var next))
        {
            if (tree.Contains(next))
                continue;
            tree.Add(next);
            foreach (var child in children[next].OrderDescending())
                open.Push(child);
        }
        return tree;
    }

    static bool Same(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);

    static ProcessRow WithFacts(ProcessRow row, ProcessDetail detail)
    {
        if (row.IsKernelThread)
            return row;
        try
        {
            using var target = new WindowsTarget(LiveCalls.Open(row.Pid));
            var facts = target.Process;
            return row with
            {
                User = facts.User,
                Command = facts.Command ?? facts.Executable,
                Architecture = facts.Architecture,
                WhyNot = detail != ProcessDetail.Totals && row.Private is null ? "the system does not count its private bytes" : null,
            };
        }
        catch (VmAtlasException e)
        {
            return row with { WhyNot = e.Message };
        }
    }
}
