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
        WriteFacts(screen, Facts(process).Select(f => "  " + Escape.Text(f)).Prepend(Escape.Text(process.Name) + pid));
        if (process.Command is { Length: > 0 } command)
            screen.CutLine(Escape.Text(command), Palette.Muted);
    }

    /// <summary>As many facts on a line as fit; none is torn apart.</summary>
    static void WriteFacts(Screen screen, IEnumerable<string> facts)
    {
        var line = "";
        foreach (var fact in facts)
        {
            if (line.Length > 0 && screen.Width is { } width && CellWidth.Of(line) + CellWidth.Of(fact) > width)
            {
                screen.CutLine(line, Palette.Heading);
                line = "";
            }
            line += fact;
        }
        screen.CutLine(line, Palette.Heading);
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
