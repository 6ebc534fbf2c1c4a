using System.CommandLine;
using System.Text.Json;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Formats.Profiles;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Cli.Verbs;

/// <summary>What grew between two times, by call site.</summary>
sealed class Leaks : Verb
{
    const int DefaultTop = 20;

    readonly Argument<string> _file = SavedTrace.Argument();
    readonly Option<string?> _from = new("--from") { Description = "From this time of the trace on: 10s, 5m; its begin unless given.", HelpName = "time" };
    readonly Option<string?> _to = new("--to") { Description = "To this time of the trace; its end unless given.", HelpName = "time" };
    readonly Option<int?> _top = new("--top") { Description = $"Only the first n; {DefaultTop} on a screen, all in json, unless given.", HelpName = "n" };
    readonly Option<int?> _pid = SavedTrace.ProgramOption();
    readonly Option<string?> _symbols = SymbolFolders.Option();

    public Leaks()
        : base("leaks", "List what grew between two times of a trace, by call site, steady growth first.")
    {
        Add(_file);
        Add(_from);
        Add(_to);
        Add(_top);
        Add(_pid);
        Add(_symbols);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas leaks run.vmatlas", "all that was not given back"),
        new("vmatlas leaks server.vmatlas --from 1m", "what grew after the server had warmed up"),
        new("vmatlas leaks server.vmatlas --from 1m --to 5m --json", "for a program"),
    ];

    public override string Notes =>
        "Steady says in how many sixteenths of the time a site grew, less those in which it shrank: a leak in a loop is near 100 %, what is built "
        + "once and kept is near 0. A leak that is rare, or a cache that still fills, can look like the other.";

    public override int Run(ParseResult arguments, Session session)
    {
        var trace = SavedTrace.Open(arguments.GetRequiredValue(_file), arguments.GetValue(_pid), session, SymbolFolders.Named(arguments.GetValue(_symbols), session));
        SavedTrace.NoteOnlyTotals(trace, session);
        var from = arguments.GetValue(_from) is { } begin ? Nanoseconds(begin, "--from") : 0;
        var to = arguments.GetValue(_to) is { } end ? Nanoseconds(end, "--to") : trace.Store.Totals.Time;
        if (from >= to)
            throw new VmAtlasException(Failure.Usage, $"--from has to be before --to, or the end of the trace ({Durations.Text(TimeSpan.FromTicks(to / 100))})");
        var growth = SiteGrowth.Between(trace.Store, from, to);
        var stacks = new StackText(trace.Frames);
        var top = arguments.GetValue(_top);
        if (arguments.GetValue(Json))
            session.WriteJson(json => WriteJson(json, trace.Store.Sites, growth.Take(top ?? int.MaxValue), stacks));
        else
            Write(session.Screen, trace, growth, top ?? DefaultTop, stacks);
        return 0;
    }

    static void Write(Screen screen, Formats.Vmatlas.Traces.LoadedTrace trace, IReadOnlyList<SiteGrowth> growth, int top, StackText stacks)
    {
        SiteTables.WriteHead(screen, trace);
        if (growth.Count == 0)
        {
            screen.Sentence("nothing holds more at the later time than at the earlier");
            return;
        }
        var sites = trace.Store.Sites;
        new TextTable(
        [
            new("Grown K", (i, cell) => Figures.Change(cell, growth[i].Grown)) { Right = true },
            new("Before K", (i, cell) => Figures.Kib(cell, SiteTables.Bytes(growth[i].Before))) { Right = true, DropOrder = 1 },
            new("After K", (i, cell) => Figures.Kib(cell, SiteTables.Bytes(growth[i].After))) { Right = true, DropOrder = 2 },
            new("Steady", (i, cell) => cell.Append($"{growth[i].Steadiness * 100:0} %")) { Right = true },
            new("Site", (i, cell) => cell.Append($"{sites.Site(growth[i].Row)}")) { Right = true, DropOrder = 3 },
            new("Call", (i, cell) => cell.AppendForeign(stacks.Leaf(sites.Site(growth[i].Row)))) { Flexible = true },
        ], Math.Min(top, growth.Count)) { Below = (i, cell) => SiteTables.Callers(cell, stacks, sites.Site(growth[i].Row)) }.Write(screen);
        if (growth.Count > top)
            screen.Line($"and {growth.Count - top:N0} more (--top)", Palette.Muted);
    }

    static void WriteJson(Utf8JsonWriter json, SiteTable sites, IEnumerable<SiteGrowth> growth, StackText stacks)
    {
        json.WriteStartArray();
        foreach (var site in growth)
        {
            json.WriteStartObject();
            json.WriteNumber("site", sites.Site(site.Row));
            json.WriteNumber("grownBytes", site.Grown);
            json.WriteNumber("beforeBytes", site.Before);
            json.WriteNumber("afterBytes", site.After);
            json.WriteNumber("steadiness", Math.Round(site.Steadiness, 3));
            stacks.WriteJson(json, sites.Site(site.Row));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    static long Nanoseconds(string text, string option) => text is "0" or "0s" ? 0 : Durations.Parse(text, option).Ticks * 100;
}
