using System.Globalization;
using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Facts;

/// <summary>Facts of the machine: read once, they do not change while it runs.</summary>
static class SystemReader
{
    static readonly Lazy<Boot> s_boot = new(() => new Boot(ReadBootTime()));
    static readonly Lazy<SystemFacts> s_system = new(ReadSystem);

    /// <summary>When the system started.</summary>
    sealed record Boot(DateTimeOffset? Time);

    /// <summary>btime of /proc/stat.</summary>
    public static DateTimeOffset? BootTime => s_boot.Value.Time;

    public static SystemFacts System => s_system.Value;

    static DateTimeOffset? ReadBootTime() =>
        Field("/proc/stat", "btime ") is { } text && long.TryParse(text, CultureInfo.InvariantCulture, out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    static SystemFacts ReadSystem() => new()
    {
        Kernel = "Linux " + File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
        Host = Environment.MachineName,
        Architecture = RuntimeInformation.OSArchitecture switch
        {
            Architecture.X64 => "x86-64",
            Architecture.Arm64 => "arm64",
            var other => other.ToString().ToLowerInvariant(),
        },
        PageSize = new ByteSize((ulong)Environment.SystemPageSize),
        PhysicalMemory = Field("/proc/meminfo", "MemTotal:") is { } text && ulong.TryParse(text.Split(' ')[0], CultureInfo.InvariantCulture, out var kib)
            ? ByteSize.FromKib(kib) : null,
    };

    static string? Field(string path, string key) =>
        File.ReadLines(path).FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal))?[key.Length..].Trim();
}
