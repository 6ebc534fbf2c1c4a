using System.CommandLine;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Formats.Profiles;
using VmAtlas.Model;

namespace VmAtlas.Cli.Verbs;

/// <summary>Who asked for memory: every distinct call stack with its figures.</summary>
sealed class Sites : Verb
{
    const int DefaultTop = 20;

    readonly Argument<string> _file = SavedTrace.Argument();
    readonly Option<string> _sort = SavedTrace.ValueOption("--sort", "Order by, largest first");
    readonly Option<int?> _top = new("--top") { Description = $"Only the first n; {DefaultTop} on a screen, all in json, unless given.", HelpName = "n" };
    readonly Option<bool> _mappings = new("--mappings") { Description = "Who asked for mappings (mmap, brk, shmat) instead of blocks." };
    readonly Option<int?> _pid = SavedTrace.ProgramOption();
    readonly Option<string?> _symbols = SymbolFolders.Option();

    public Sites()
        : base("sites", "List the call sites of a trace: who asked for how much memory, and what is live.")
    {
        Add(_file);
        Add(_sort);
        Add(_top);
        Add(_mappings);
        Add(_pid);
        Add(_symbols);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas sites run.vmatlas", "who holds most now, or held it at the end"),
        new("vmatlas sites run.vmatlas --sort temporary", "who asks for blocks and gives them back at once"),
        new("vmatlas sites run.vmatlas --mappings", "who made which mappings"),
        new("vmatlas sites run.vmatlas --json", "all, with whole stacks, for a program"),
    ];

    public override string Notes =>
        "Peak is the most that a site itself ever held; At peak what it held when the whole program held most. Temporary are blocks given "
        + "back by the next thing their thread did with memory.";

    public override int Run(ParseResult arguments, Session session)
    {
        var top = arguments.GetValue(_top);
        if (top < 1)
            throw new VmAtlasException(Failure.Usage, $"--top takes a number from 1 on, not {top}");
        var trace = SavedTrace.Open(arguments.GetRequiredValue(_file), arguments.GetValue(_pid), session, SymbolFolders.Named(arguments.GetValue(_symbols), session));
        var value = SavedTrace.Value(arguments, _sort, trace);
        var sites = arguments.GetValue(_mappings) ? trace.Store.MappingSites : trace.Store.Sites;
        var rows = Enumerable.Range(0, sites.Count).OrderByDescending(r => value.Of(sites[r])).ThenByDescending(r => sites[r].TotalBytes).ThenBy(r => sites.Site(r));
        var stacks = new StackText(trace.Frames);
        if (arguments.GetValue(Json))
        {
            session.WriteJson(json => SiteTables.WriteJson(json, sites, [.. rows.Take(top ?? int.MaxValue)], stacks));
            return 0;
        }
        SiteTables.WriteHead(session.Screen, trace);
        SiteTables.Write(session.Screen, sites, [.. rows.Take(top ?? DefaultTop)], stacks, trace.Store.HasOnlyTotals);
        if (sites.Count > (top ?? DefaultTop))
            session.Screen.Line($"and {sites.Count - (top ?? DefaultTop):N0} more (--top)", Palette.Muted);
        return 0;
    }
}
