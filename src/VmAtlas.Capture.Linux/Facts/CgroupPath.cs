using System.Buffers;

namespace VmAtlas.Capture.Linux.Facts;

/// <summary>The cgroup a process is in, and the container that means, by the habits of the programs that make containers.</summary>
/// <remarks>
/// Evidence is the path alone (<c>/proc/PID/cgroup</c>): a container id is 64 hexadecimal digits in its last parts, with the maker's prefix where
/// systemd names it. It is wrong when somebody names a cgroup so without being a container, and silent inside a cgroup namespace,
/// where the path is "/".
/// </remarks>
readonly record struct CgroupPath(bool IsVersion2, string Path)
{
    const int IdLength = 64, ShownLength = 12;

    static readonly SearchValues<char> s_hexDigits = SearchValues.Create("0123456789abcdef");

    static readonly (string Prefix, string Maker)[] s_makers =
    [
        ("docker-", "docker"), ("libpod-", "podman"), ("cri-containerd-", "containerd"), ("crio-", "cri-o"), ("nerdctl-", "containerd"),
    ];

    /// <summary>From the text of the file: the memory controller's own line of version 1, else the one line of version 2.</summary>
    public static CgroupPath? Parse(string text)
    {
        CgroupPath? found = null;
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Split(':', 3);
            if (parts.Length < 3)
                continue;
            if (parts[1].Split(',').Contains("memory"))
                return new CgroupPath(IsVersion2: false, parts[2]);
            if (parts[1].Length == 0)
                found = new CgroupPath(IsVersion2: true, parts[2]);
        }
        return found;
    }

    /// <summary>"docker:0123456789ab", "lxc:name", "nginx.service"; else the path; null for the root.</summary>
    public string? Container
    {
        get
        {
            var parts = Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
            for (var i = parts.Length - 1; i >= 0; i--)
            {
                if (ContainerOf(parts, i) is { } container)
                    return container;
            }
            return Array.FindLast(parts, p => p.EndsWith(".service", StringComparison.Ordinal)) ?? (parts.Length == 0 ? null : Path);
        }
    }

    static string? ContainerOf(string[] parts, int index)
    {
        var part = parts[index];
        if (part.StartsWith("lxc.payload.", StringComparison.Ordinal))
            return "lxc:" + part["lxc.payload.".Length..];
        if (index > 0 && parts[index - 1] == "lxc")
            return "lxc:" + part;
        if (part.EndsWith(".scope", StringComparison.Ordinal))
            part = part[..^".scope".Length];
        if (part.Length < IdLength || part[^IdLength..].AsSpan().ContainsAnyExcept(s_hexDigits))
            return null;
        var id = part[^IdLength..][..ShownLength];
        var prefix = part[..^IdLength];
        var maker = Array.Find(s_makers, m => m.Prefix == prefix).Maker;
        return (maker ?? MakerOf(parts)) + ":" + id;
    }

    static string MakerOf(string[] parts) =>
        Array.Exists(parts, p => p.StartsWith("kubepods", StringComparison.Ordinal)) ? "k8s"
        : Array.Find(parts, p => p is "docker" or "podman" or "libpod_parent" or "containerd") switch
        {
            null => "container",
            "libpod_parent" => "podman",
            var maker => maker,
        };
}
