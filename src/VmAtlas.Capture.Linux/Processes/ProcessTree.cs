using VmAtlas.Capture.Linux.Proc;

namespace VmAtlas.Capture.Linux.Processes;

/// <summary>Processes and their descendants, by the parent each one names now: one whose parent ended belongs to whoever adopted it.</summary>
public static class ProcessTree
{
    /// <summary>A process and all its descendants, each parent before its children, children by pid.</summary>
    public static IReadOnlyList<int> Of(int pid) => Of(pid, ReadParents());

    /// <param name="parents">Parent by process; a circle in it (pids are reused while it is read) is walked once.</param>
    internal static IReadOnlyList<int> Of(int pid, IReadOnlyDictionary<int, int> parents)
    {
        var children = parents.ToLookup(p => p.Value, p => p.Key);
        var (tree, met) = (new List<int>(), new HashSet<int>());
        var open = new Stack<int>([pid]);
        while (open.TryPop(out var next))
        {
            if (!met.Add(next))
                continue;
            tree.Add(next);
            foreach (var child in children[next].OrderDescending())
                open.Push(child);
        }
        return tree;
    }

    static Dictionary<int, int> ReadParents()
    {
        var parents = new Dictionary<int, int>();
        foreach (var pid in ProcessList.Pids())
        {
            using var folder = ProcFolder.TryOpen($"/proc/{pid}");
            if (folder?.TryRead("stat", out _) is { } stat && StatText.ParentPid(stat) is > 0 and var parent)
                parents[pid] = parent;
        }
        return parents;
    }
}
