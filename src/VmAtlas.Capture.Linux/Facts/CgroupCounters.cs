using System.Globalization;

namespace VmAtlas.Capture.Linux.Facts;

/// <summary>What the cgroup of a process is charged, and may be, in bytes: it counts page cache and kernel memory, and all its processes.</summary>
static class CgroupCounters
{
    /// <summary>Version 1 says "no limit" by the largest number of whole pages; anything near it is no limit.</summary>
    const ulong NoLimit = 1UL << 60;

    /// <summary>Adds <c>cgroup.current</c>, <c>cgroup.limit</c> and <c>cgroup.swap</c> as far as they can be read; no limit is left out.</summary>
    public static void Add(CgroupPath cgroup, Dictionary<string, ulong> counters)
    {
        if (cgroup.Path.Contains("/..", StringComparison.Ordinal))
            return; // outside of our cgroup namespace: not reachable by this path
        var folder = cgroup.IsVersion2 ? Mounted("/sys/fs/cgroup/unified", "/sys/fs/cgroup") : "/sys/fs/cgroup/memory";
        folder += cgroup.Path.TrimEnd('/');
        var (current, limit, swap) = cgroup.IsVersion2
            ? ("memory.current", "memory.max", "memory.swap.current")
            : ("memory.usage_in_bytes", "memory.limit_in_bytes", null);
        Read("cgroup.current", current);
        Read("cgroup.limit", limit);
        Read("cgroup.swap", swap);

        void Read(string name, string? file)
        {
            if (file is not null && TryRead($"{folder}/{file}") is { } text && ulong.TryParse(text, CultureInfo.InvariantCulture, out var bytes)
                && bytes < NoLimit)
                counters[name] = bytes;
        }
    }

    static string Mounted(string first, string otherwise) => Directory.Exists(first) ? first : otherwise;

    static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // absent in the root cgroup, and where the controller is off
        }
    }
}
