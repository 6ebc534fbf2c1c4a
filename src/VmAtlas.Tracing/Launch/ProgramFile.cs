using VmAtlas.Model;

namespace VmAtlas.Tracing.Launch;

/// <summary>A program as its file says it, looked at before it is started: whether the agent can be loaded into it.</summary>
static class ProgramFile
{
    const int SetUserId = 0x800;
    const int SetGroupId = 0x400;
    const int MaxScripts = 4;

    /// <summary>The file a shell would run for a command word.</summary>
    /// <exception cref="VmAtlasException">None.</exception>
    public static string Find(string word)
    {
        if (word.Contains('/', StringComparison.Ordinal))
            return File.Exists(word) ? word : throw new VmAtlasException(Failure.NotFound, $"there is no program {word}");
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin").Split(':'))
        {
            var path = Path.Combine(folder.Length == 0 ? "." : folder, word);
            if (File.Exists(path) && (ModeOf(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0)
                return path;
        }
        throw new VmAtlasException(Failure.NotFound, $"there is no program {word} on the PATH");
    }

    /// <exception cref="VmAtlasException">It can not be traced from its start, and why.</exception>
    public static void RequireTraceable(string path)
    {
        for (var script = 0; script < MaxScripts; script++)
        {
            RefuseOtherRights(path, Interop.Libc.geteuid());
            var facts = ElfFacts.Read(path);
            if (facts.Interpreter is null)
            {
                facts.RequireTraceable(path);
                return;
            }
            path = facts.Interpreter;
        }
    }

    /// <summary>The loader ignores LD_PRELOAD where a program gets rights that its caller has not.</summary>
    internal static void RefuseOtherRights(string path, uint user)
    {
        var mode = (int)ModeOf(path);
        if ((mode & (SetUserId | SetGroupId)) != 0 && user != 0)
            throw new VmAtlasException(Failure.NotPermitted,
                $"{path} runs with another user's rights (setuid), where the agent can not be loaded: run it as root, or attach to it as root");
    }

    static UnixFileMode ModeOf(string path) =>
        OperatingSystem.IsWindows() ? throw new VmAtlasException(Failure.Usage, "the agent is for Linux programs") : File.GetUnixFileMode(path);
}
