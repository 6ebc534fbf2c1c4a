using System.Text.Json;
using VmAtlas.Capture;
using VmAtlas.Model;

namespace VmAtlas.Cli.Output;

/// <summary>What can be known of a process that may not be read: who it is, and the kernel's totals of status.</summary>
static class DeniedReport
{
    public static void Write(Screen screen, ICaptureTarget target)
    {
        ProcessLine.Write(screen, target.Process);
        screen.Line();
        var counters = target.ReadCounters([]).ToList();
        if (counters.Count == 0)
            return;
        new TextTable(
        [
            new("Counter", (row, cell) => cell.AppendForeign(counters[row].Key)),
            new("Size", (row, cell) => Figures.Kib(cell, counters[row].Value)) { Right = true },
        ], counters.Count).Write(screen);
        screen.Line("the kernel's own totals; its mappings may not be read", Palette.Muted);
    }

    public static void WriteJson(Utf8JsonWriter json, ICaptureTarget target, string whyNot)
    {
        json.WriteStartObject();
        json.WriteStartObject("process");
        json.WriteNumber("pid", target.Process.Pid);
        json.WriteString("name", target.Process.Name);
        if (target.Process.User is { } user)
            json.WriteString("user", user);
        if (target.Process.Command is { } command)
            json.WriteString("command", command);
        json.WriteEndObject();
        json.WriteStartObject("counters");
        foreach (var (name, bytes) in target.ReadCounters([]))
            json.WriteNumber(name, bytes);
        json.WriteEndObject();
        json.WriteString("whyNot", whyNot);
        json.WriteEndObject();
    }
}
