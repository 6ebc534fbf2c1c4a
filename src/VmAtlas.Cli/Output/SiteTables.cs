using System.Text.Json;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Formats.Profiles;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Cli.Output;

/// <summary>Call sites as tables and json.</summary>
static class SiteTables
{
    /// <summary>Name of the program, what it came to, and whether anything is missing: above every report of a trace.</summary>
    public static void WriteHead(Screen screen, LoadedTrace trace)
    {
        var (process, totals) = (trace.Store.Process, trace.Store.Totals);
        screen.CutLine($"{Command(process)}  pid {process.Pid}  traced for {Time(totals.Time)}{Ending(trace.Store)}", Palette.Heading);
        screen.Sentence(Sentence(trace.Store), Palette.Muted);
        if (totals.Dropped > 0)
            screen.Sentence($"! {totals.Dropped:N0} operations were dropped: all figures are lower bounds", Palette.Warning);
        if (UnknownFrees(trace.Store) is { } unknown)
            screen.Sentence("! " + unknown, process.ParentPid == 0 ? Palette.Warning : Palette.Muted);
        screen.Line();
    }

    public static string Sentence(TraceStore store)
    {
        var totals = store.Totals;
        var made = store.HasOnlyTotals
            ? FormattableString.Invariant($"made {Short(totals.Heap.TotalBytes)} in {Counted(totals.Heap.TotalCount, "object")}; what is live is not told")
            : FormattableString.Invariant($"live {Short(totals.Heap.LiveBytes)} in {Counted(totals.Heap.LiveCount, "block")}; peak {Short(totals.PeakBytes)}; ")
                + FormattableString.Invariant($"allocated {Short(totals.Heap.TotalBytes)} in {totals.Heap.TotalCount:N0}; {totals.Heap.TemporaryCount:N0} temporary; ")
                + $"mapped {Short(totals.Mappings.LiveBytes)}";
        return made + (store.Process.SampleInterval > 0 ? $"; estimated from a sample every {Short((long)store.Process.SampleInterval)}" : "");
    }

    /// <param name="onlyTotals">See <see cref="TraceStore.HasOnlyTotals"/>.</param>
    public static void Write(Screen screen, SiteTable sites, IReadOnlyList<int> rows, StackText stacks, bool onlyTotals) => new TextTable(
    [
        .. onlyTotals ? [] : Live(sites, rows),
        new("Total K", (i, cell) => Figures.Kib(cell, Bytes(sites[rows[i]].TotalBytes))) { Right = true },
        new("Calls", (i, cell) => cell.Append($"{sites[rows[i]].TotalCount:N0}")) { Right = true },
        .. onlyTotals ? [] : Held(sites, rows),
        new("Site", (i, cell) => cell.Append($"{sites.Site(rows[i])}")) { Right = true, DropOrder = 1 },
        new("Call", (i, cell) => cell.AppendForeign(stacks.Leaf(sites.Site(rows[i])))) { Flexible = true },
    ], rows.Count) { Below = (i, cell) => Callers(cell, stacks, sites.Site(rows[i])) }.Write(screen);

    /// <summary>What was given back and not handed out before, where that is worth a word: attached it is what was there before. Null for nothing.</summary>
    public static string? UnknownFrees(TraceStore store) => store.Totals.UnknownFrees is var count && (count == 0 || store.Process.Attached) ? null
        : store.Process.ParentPid == 0 ? $"{Counted(count, "block")} given back that nobody saw being handed out"
        : $"{Counted(count, "block")} given back that its parent had asked for before it forked";

    /// <summary>A linker's command has a thousand characters: its beginning says which it is.</summary>
    public static string Command(TraceProcess process, int most = 100) =>
        Escape.Text(process.Command.Length <= most ? process.Command : process.Command[..(most - 1)] + "…");

    /// <summary>"1 block", "1,968 blocks".</summary>
    public static string Counted(double count, string what) => FormattableString.Invariant($"{count:N0} {what}{(Math.Round(count) == 1 ? "" : "s")}");

    /// <summary>", ended by signal 11 (SIGSEGV)", or nothing where nothing is to be said of it.</summary>
    public static string Ending(TraceStore store) => TraceWords.Ending(store.Ending, store.EndingValue) is { Length: > 0 } ending ? $", {ending}" : "";

    static TableColumn[] Live(SiteTable sites, IReadOnlyList<int> rows) =>
    [
        new("Live K", (i, cell) => Figures.Kib(cell, Bytes(sites[rows[i]].LiveBytes))) { Right = true },
        new("Blocks", (i, cell) => cell.Append($"{sites[rows[i]].LiveCount:N0}")) { Right = true },
    ];

    static TableColumn[] Held(SiteTable sites, IReadOnlyList<int> rows) =>
    [
        new("Peak K", (i, cell) => Figures.Kib(cell, Bytes(sites.Peak(rows[i])))) { Right = true, DropOrder = 2 },
        new("At peak", (i, cell) => Figures.KibOrBlank(cell, Bytes(sites[rows[i]].AtPeakBytes))) { Right = true, DropOrder = 3 },
        new("Temporary", (i, cell) => Count(cell, sites[rows[i]].TemporaryCount)) { Right = true, DropOrder = 4 },
    ];

    public static void WriteJson(Utf8JsonWriter json, SiteTable sites, IReadOnlyList<int> rows, StackText stacks)
    {
        json.WriteStartArray();
        foreach (var row in rows)
        {
            var figures = sites[row];
            json.WriteStartObject();
            json.WriteNumber("site", sites.Site(row));
            json.WriteNumber("liveBytes", figures.LiveBytes);
            json.WriteNumber("liveCount", SiteValue.LiveCount.Of(figures));
            json.WriteNumber("totalBytes", figures.TotalBytes);
            json.WriteNumber("totalCount", SiteValue.TotalCount.Of(figures));
            json.WriteNumber("peakBytes", sites.Peak(row));
            stacks.WriteJson(json, sites.Site(row));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    public static void Callers(Cell cell, StackText stacks, uint site)
    {
        cell.AppendForeign(stacks.CallersOf(site).TrimStart());
        cell.Ink = Palette.Muted;
    }

    /// <summary>"41 ms", "1.5 s".</summary>
    public static string Time(long nanoseconds) => nanoseconds < 1_000_000_000
        ? FormattableString.Invariant($"{nanoseconds / 1e6:0.#} ms") : Durations.Text(TimeSpan.FromTicks(nanoseconds / 100));

    public static ulong Bytes(long bytes) => (ulong)Math.Max(0, bytes);

    static string Short(long bytes) => Figures.Short(new ByteSize(Bytes(bytes)));

    static void Count(Cell cell, double count)
    {
        if (count > 0)
            cell.Append($"{count:N0}");
    }
}
