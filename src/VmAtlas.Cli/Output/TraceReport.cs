using System.Text.Json;
using VmAtlas.Cli.Targets;
using VmAtlas.Formats.Profiles;

namespace VmAtlas.Cli.Output;

/// <summary>What <c>vmatlas trace</c> says at the end.</summary>
static class TraceReport
{
    /// <param name="top">Call sites of each program to list; they are in the file where there is one.</param>
    public static void Write(Screen screen, IReadOnlyList<TracedProgram> programs, int top)
    {
        foreach (var program in programs)
        {
            var (store, totals) = (program.Store, program.Store.Totals);
            screen.CutLine($"vmatlas: {SiteTables.Command(store.Process)}  pid {store.Process.Pid}{SiteTables.Ending(store)}");
            screen.Sentence(SiteTables.Sentence(store), indent: 2);
            if (totals.Dropped > 0)
                screen.Line($"  {totals.Dropped:N0} operations were dropped: all figures are lower bounds");
            if (SiteTables.UnknownFrees(store) is { } unknown)
                screen.Line("  " + unknown);
            var rows = Enumerable.Range(0, store.Sites.Count).OrderByDescending(r => store.Sites[r].LiveBytes).ThenByDescending(r => store.Sites[r].TotalBytes).Take(top);
            if (top > 0)
                SiteTables.Write(screen, store.Sites, [.. rows], new StackText(program.Frames), store.HasOnlyTotals);
        }
    }

    public static void WriteJson(Utf8JsonWriter json, IReadOnlyList<TracedProgram> programs, string? file)
    {
        json.WriteStartObject();
        if (file is not null)
            json.WriteString("file", file);
        json.WriteStartArray("programs");
        foreach (var program in programs)
        {
            var (store, totals) = (program.Store, program.Store.Totals);
            json.WriteStartObject();
            json.WriteNumber("pid", store.Process.Pid);
            json.WriteString("command", store.Process.Command);
            json.WriteString("ending", store.Ending?.ToString().ToLowerInvariant());
            json.WriteNumber("seconds", totals.Time / 1e9);
            json.WriteNumber("operations", totals.Operations);
            json.WriteNumber("liveBytes", totals.Heap.LiveBytes);
            json.WriteNumber("liveCount", SiteValue.LiveCount.Of(totals.Heap));
            json.WriteNumber("totalBytes", totals.Heap.TotalBytes);
            json.WriteNumber("totalCount", SiteValue.TotalCount.Of(totals.Heap));
            json.WriteNumber("peakBytes", totals.PeakBytes);
            json.WriteNumber("temporaryCount", SiteValue.TemporaryCount.Of(totals.Heap));
            json.WriteNumber("mappedBytes", totals.Mappings.LiveBytes);
            json.WriteNumber("unknownFrees", totals.UnknownFrees);
            json.WriteNumber("dropped", totals.Dropped);
            json.WriteNumber("sampleInterval", store.Process.SampleInterval);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
