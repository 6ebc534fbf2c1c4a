using System.Globalization;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Model;

namespace VmAtlas.Cli.Output;

/// <summary>Says what was written where.</summary>
static class SavedReport
{
    /// <param name="more">Problems besides the snapshot's.</param>
    /// <param name="paused">How long the target was held still for it, if it was.</param>
    public static void Write(Session session, bool json, string path, Snapshot snapshot, IReadOnlyList<Problem>? more = null, TimeSpan? paused = null)
    {
        var bytes = new FileInfo(path).Length;
        if (json)
            session.WriteJson(writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("file", path);
                writer.WriteNumber("bytes", bytes);
                writer.WriteNumber("pid", snapshot.Process.Pid);
                writer.WriteString("name", snapshot.Process.Name);
                writer.WriteString("time", snapshot.TakenAt);
                writer.WriteNumber("regions", snapshot.Regions.Count);
                writer.WriteNumber("blocks", snapshot.Blocks.Count);
                if (paused is { } still)
                    writer.WriteNumber("pausedMilliseconds", still.TotalMilliseconds);
                writer.WriteStartArray("problems");
                foreach (var problem in snapshot.Problems.Concat(more ?? []))
                {
                    writer.WriteStartObject();
                    writer.WriteString("id", problem.Id);
                    writer.WriteString("message", problem.Message);
                    writer.WriteEndObject();
                }
                writer.WriteEndArray();
                writer.WriteEndObject();
            });
        else
            session.Screen.Line($"{Escape.Text(path)}: {Escape.Text(snapshot.Process.Name)}, {snapshot.Regions.Count:N0} regions in "
                + $"{snapshot.Blocks.Count:N0} blocks, {Figures.Short(new ByteSize((ulong)bytes))}{Stood(paused)}");
    }

    static string Stood(TimeSpan? paused) =>
        paused is { } time ? string.Create(CultureInfo.InvariantCulture, $"; the target stood still for {time.TotalMilliseconds:0.0} ms") : "";
}
