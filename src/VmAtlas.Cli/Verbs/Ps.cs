using System.CommandLine;
using VmAtlas.Capture;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Model;

namespace VmAtlas.Cli.Verbs;

/// <summary>The processes there are, with what they hold.</summary>
sealed class Ps : Verb
{
    readonly Option<string?> _filter = new("--filter") { Description = "Only processes that fit: 'private > 100M and user = root', or a word of the name or command.", HelpName = "expr" };
    readonly Option<string> _sort = new("--sort") { Description = "Order by a column; column:asc or column:desc to say which way; private unless given.", HelpName = "column", DefaultValueFactory = _ => "private" };
    readonly Option<int?> _top = new("--top") { Description = "Only the first n.", HelpName = "n" };
    readonly Option<bool> _quick = new("--quick") { Description = "Leave out Private and PSS, for which the kernel walks all pages of each process." };
    readonly Option<bool> _kernel = new("--kernel") { Description = "List kernel threads too." };

    public Ps()
        : base("ps", "List processes with Private, Total WS, PSS, Swap, threads, architecture and container.")
    {
        _sort.CompletionSources.Add(_ => ProcessColumn.All.Select(c => c.Key));
        Add(_filter);
        Add(_sort);
        Add(_top);
        Add(_quick);
        Add(_kernel);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas ps", "all processes, those with the most private memory first"),
        new("vmatlas ps --filter 'pss > 100M' --sort pss", "the large ones, shared pages counted in part"),
        new("vmatlas ps --filter python --json", "for a program"),
    ];

    public override string Notes =>
        "Private is what ending the process would free (USS). It and PSS need the right to read the process: where they are not known, a ? "
        + "is shown. Columns: " + string.Join(", ", ProcessColumn.All.Select(c => c.Key)) + ".";

    public override int Run(ParseResult arguments, Session session)
    {
        var filter = arguments.GetValue(_filter) is { } text ? ProcessFilter.Parse(text) : null;
        var (column, descending) = ReadOrder(arguments.GetRequiredValue(_sort));
        var detail = arguments.GetValue(_quick) ? ProcessDetail.Totals : ProcessDetail.Sums;
        var all = Platform.Current.Processes(detail, arguments.GetValue(_kernel), session.Cancellation);
        var rows = column.Sort(all.Where(r => filter?.Fits(r) ?? true), descending).Take(arguments.GetValue(_top) ?? int.MaxValue).ToList();
        if (arguments.GetValue(Json))
            session.WriteJson(json => ProcessTable.WriteJson(json, rows));
        else
            ProcessTable.Write(session.Screen, rows, arguments.GetValue(_quick));
        return 0;
    }

    static (ProcessColumn, bool Descending) ReadOrder(string sort)
    {
        var colon = sort.LastIndexOf(':');
        var way = colon < 0 ? "" : sort[(colon + 1)..];
        if (way is not ("" or "asc" or "desc"))
            throw new VmAtlasException(Failure.Usage, $"--sort takes column, column:asc or column:desc, not '{sort}'");
        var column = ProcessColumn.Find(colon < 0 ? sort : sort[..colon]);
        return (column, way == "desc" || way == "" && column.IsBytes);
    }
}
