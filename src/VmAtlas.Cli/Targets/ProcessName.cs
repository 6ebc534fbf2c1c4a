using VmAtlas.Capture;
using VmAtlas.Model;

namespace VmAtlas.Cli.Targets;

/// <summary>Finds the one process of a name.</summary>
static class ProcessName
{
    /// <exception cref="VmAtlasException">There is none.</exception>
    /// <exception cref="AmbiguousTargetException">There are several.</exception>
    public static int Find(string name)
    {
        var found = Platform.Current.Find(name);
        return found.Count switch
        {
            0 => throw new VmAtlasException(Failure.NotFound, $"there is no process named '{name}'{(File.Exists(name) ? $"; for the file say ./{name}" : "")}"),
            1 => found[0].Pid,
            _ => throw new AmbiguousTargetException(name, found),
        };
    }
}

/// <summary>Several processes answer to a name, and the user must say which is meant.</summary>
sealed class AmbiguousTargetException(string name, IReadOnlyList<ProcessRow> processes)
    : Exception($"{processes.Count} processes answer to '{name}': give the pid of the one you mean")
{
    public IReadOnlyList<ProcessRow> Processes => processes;
}
