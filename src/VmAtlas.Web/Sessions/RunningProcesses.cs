using System.Globalization;
using VmAtlas.Web.Api;

namespace VmAtlas.Web.Sessions;

/// <summary>The processes of this machine with what <c>/proc/PID/status</c> tells of each: cheap enough to be listed again and again.</summary>
static class RunningProcesses
{
    public static ProcessAnswer[] Read()
    {
        var users = Users();
        var processes = new List<ProcessAnswer>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && Read(pid, users) is { } process)
                processes.Add(process);
        }
        return [.. processes];
    }

    /// <summary>Null when the process ended meanwhile.</summary>
    static ProcessAnswer? Read(int pid, Dictionary<string, string> users)
    {
        try
        {
            var status = new Dictionary<string, string>();
            foreach (var line in File.ReadLines($"/proc/{pid}/status"))
            {
                var colon = line.IndexOf(':');
                status.TryAdd(line[..colon], line[(colon + 1)..].Trim());
            }
            var uid = status["Uid"].Split('\t')[0];
            return new ProcessAnswer(pid, status["Name"], users.GetValueOrDefault(uid, uid), Command(pid))
            {
                TotalWs = Bytes(status, "VmRSS"),
                Swap = Bytes(status, "VmSwap"),
                Threads = int.TryParse(status.GetValueOrDefault("Threads"), out var threads) ? threads : null,
                WhyNot = WhyNot(pid, status),
            };
        }
        catch (IOException)
        {
            return null;
        }
    }

    static string? WhyNot(int pid, Dictionary<string, string> status)
    {
        if (!status.ContainsKey("VmSize"))
            return status.GetValueOrDefault("State", "").StartsWith('Z') ? "it has ended and waits for its parent" : "it is a thread of the kernel and has no address space";
        try
        {
            using var maps = File.OpenHandle($"/proc/{pid}/maps");
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return "not permitted: run vmatlas with sudo, or as its user";
        }
    }

    static ulong? Bytes(Dictionary<string, string> status, string key) =>
        status.TryGetValue(key, out var text) && ulong.TryParse(text.Split(' ')[0], out var kib) ? kib << 10 : null;

    static string Command(int pid) => File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ').Trim();

    static Dictionary<string, string> Users()
    {
        var users = new Dictionary<string, string>();
        foreach (var line in File.ReadLines("/etc/passwd"))
        {
            if (line.Split(':') is [var name, _, var uid, ..])
                users.TryAdd(uid, name);
        }
        return users;
    }
}
