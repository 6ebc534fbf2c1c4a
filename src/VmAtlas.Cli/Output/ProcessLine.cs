using System.Globalization;
using VmAtlas.Model;

namespace VmAtlas.Cli.Output;

/// <summary>The first lines of a report: whose address space it is, when it was read, and where.</summary>
static class ProcessLine
{
    public static void Write(Screen screen, Snapshot snapshot)
    {
        Write(screen, snapshot.Process);
        screen.CutLine(When(snapshot), Palette.Muted);
    }

    public static void Write(Screen screen, ProcessFacts process)
    {
        var pid = process.Pid != 0 ? $"  pid {process.Pid}" : "";
        screen.CutLine(Escape.Text(process.Name) + pid + string.Concat(Facts(process).Select(f => "  " + Escape.Text(f))), Palette.Heading);
        if (process.Command is { Length: > 0 } command)
            screen.CutLine(Escape.Text(command), Palette.Muted);
    }

    static IEnumerable<string> Facts(ProcessFacts process)
    {
        if (process.User is { } user)
            yield return "user " + user;
        if (process.Threads is { } threads)
            yield return "threads " + threads.ToString(CultureInfo.InvariantCulture);
        if (process.Architecture is { } architecture)
            yield return architecture;
        if (process.StartedAt is { } started)
            yield return "since " + Clock(started);
        if (process.Container is { } container)
            yield return "in " + container;
    }

    static string When(Snapshot snapshot)
    {
        var host = snapshot.System.Host is { } name ? $"  {Escape.Text(name)}" : "";
        return $"{Clock(snapshot.TakenAt)}{host}  {Escape.Text(snapshot.System.Kernel)}  sizes in K (1,024 bytes)";
    }

    static string Clock(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
