using System.CommandLine;
using VmAtlas.Capture;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Formats.Export;
using VmAtlas.Formats.Profiles;
using VmAtlas.Model;

namespace VmAtlas.Cli.Verbs;

/// <summary>The memory map of a target: process line, bars, summary, and its regions where asked for.</summary>
sealed class Show : Verb
{
    readonly Argument<string> _target = TargetArgument();
    readonly Option<bool> _details = new("--details", "-d") { Description = "List the regions too. The options from --type on imply it." };
    readonly Option<bool> _blocks = new("--blocks", "-b") { Description = "List each region's blocks below it." };
    readonly Option<bool> _why = new("--why") { Description = "Say below each region on what evidence it is what it is." };
    readonly Option<bool> _children = new("--children") { Description = "Add the process and all its descendants up, shared pages counted once (PSS)." };
    readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "Set the system's own counters beside the totals; say everything that could not be read." };
    readonly Option<bool> _heaps = HeapsOption();
    readonly Option<string?> _symbols = SymbolFolders.Option();
    readonly RowOptions _rows;
    readonly RuntimeOptions _runtime;
    readonly Option<string> _columns = new("--columns")
    {
        Description = "The columns of the regions, with commas: address,type,pss,details; +pss adds to the usual ones.",
        HelpName = "names",
    };

    public Show()
        : base("show", "Show where a process's memory goes: bars, a summary by type, and its regions.")
    {
        _columns.CompletionSources.Add(_ => Columns.All.Select(c => c.Key));
        Add(_target);
        Add(_details);
        Add(_blocks);
        Add(_why);
        _rows = new RowOptions(this, sorts: true);
        Add(_columns);
        Add(_children);
        Add(_verbose);
        Add(_heaps);
        Add(_symbols);
        _runtime = new RuntimeOptions(this);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas show 1234", "the bars and the summary"),
        new("vmatlas show firefox --top 10", "and its ten largest regions"),
        new("vmatlas show 1234 --filter 'type = heap and private > 10M' --why", "what is chosen, and why it is taken for a heap"),
        new("vmatlas show 1234 --type image --blocks", "libraries with their sections"),
        new("vmatlas show 1234 --type heap --blocks --heaps", "what of malloc's memory is in use, free and top"),
        new("vmatlas show 1234 --sort pss --top 20 --columns +pss,+swap", "other columns"),
        new("vmatlas show 1234 --children", "a server and its workers together"),
        new("vmatlas show old.vmatlas@1 --json", "the first snapshot of a file, for a program"),
    ];

    public override int Run(ParseResult arguments, Session session)
    {
        var choice = _rows.Read(arguments);
        var columns = arguments.GetValue(_columns) is { } names ? ReadColumns(names) : null;
        if (arguments.GetValue(_children))
            return ShowTree(arguments, session);
        using var target = Target.Open(arguments.GetRequiredValue(_target), _runtime.Read(arguments));
        var blocks = arguments.GetValue(_blocks);
        target.Rehearsed = WriteNowhere;
        var heaps = arguments.GetValue(_heaps);
        var options = (blocks || heaps ? CaptureOptions.Full : CaptureOptions.Quick) with { Heaps = heaps };
        var snapshot = Capture(target, options, arguments.GetValue(Json), session);
        if (arguments.GetValue(Json))
        {
            WriteJson(session, snapshot, new JsonOptions { Blocks = blocks, Chosen = _rows.AreUsed(arguments) ? choice.Select(snapshot) : null, Heap = heaps, Makers = MakersOf(target, snapshot, arguments, session) });
            return 0;
        }
        WriteReport(session.Screen, snapshot);
        if (blocks || arguments.GetValue(_details) || arguments.GetValue(_why) || _rows.AreUsed(arguments) || arguments.GetResult(_columns) is not null)
            WriteRegions(session.Screen, new RegionListing(snapshot, choice.Select(snapshot), blocks) { Why = arguments.GetValue(_why), Makers = MakersOf(target, snapshot, arguments, session) }, columns ?? Columns.Vmmap);
        if (arguments.GetValue(_verbose))
            CounterTable.Write(session.Screen, snapshot);
        ProblemList.Write(session.Screen, snapshot, [.. CounterTable.Disagreements(snapshot), .. target.Problems], arguments.GetValue(_verbose));
        return 0;
    }

    static void WriteJson(Session session, Snapshot snapshot, JsonOptions options) =>
        session.WriteJson(json => JsonSnapshot.Write(snapshot, json, options));

    /// <summary>Where a process may not be read, what can be known of it is shown before the failure goes on.</summary>
    static Snapshot Capture(Target target, CaptureOptions options, bool json, Session session)
    {
        try
        {
            return target.Capture(options, session.Cancellation);
        }
        catch (VmAtlasException e) when (e.Failure == Failure.NotPermitted && target is LiveTarget)
        {
            ReportDenied(((LiveTarget)target).Source, e.Message, json, session);
            throw;
        }
    }

    static void ReportDenied(ICaptureTarget process, string why, bool json, Session session)
    {
        if (json)
            session.WriteJson(writer => DeniedReport.WriteJson(writer, process, why));
        else
            DeniedReport.Write(session.Screen, process);
        session.Flush();
    }

    int ShowTree(ParseResult arguments, Session session)
    {
        var problems = new List<Problem>();
        using var root = Target.OpenLive(arguments.GetRequiredValue(_target), "adding up its descendants");
        var tree = new TreeReport(TreeTotals.Of(ProcessTreeCapture.Capture(root, problems, session.Cancellation)), problems);
        if (arguments.GetValue(Json))
            session.WriteJson(tree.WriteJson);
        else
            tree.Write(session.Screen);
        return 0;
    }

    static void WriteReport(Screen screen, Snapshot snapshot)
    {
        ProcessLine.Write(screen, snapshot);
        screen.Line();
        Bars.Write(screen, snapshot);
        screen.Line();
        TextTable.NoteLeftOut(screen, SummaryTable.Write(screen, snapshot));
    }

    static void WriteNowhere(Snapshot snapshot)
    {
        var screen = new Screen(TextWriter.Null, ColourDepth.None, width: null);
        WriteReport(screen, snapshot);
        ProblemList.Write(screen, snapshot, [.. CounterTable.Disagreements(snapshot)], all: false);
    }

    static void WriteRegions(Screen screen, RegionListing listing, IReadOnlyList<Column> columns)
    {
        screen.Line();
        TextTable.NoteLeftOut(screen, listing.Write(screen, columns));
    }

    /// <summary>Of a file with a trace of the same process.</summary>
    RegionMakers? MakersOf(Target target, Snapshot snapshot, ParseResult arguments, Session session) =>
        target is SavedTarget saved && SavedTrace.Beside(saved, snapshot.Process.Pid, SymbolFolders.Named(arguments.GetValue(_symbols), session)) is { } trace ? new RegionMakers(trace) : null;

    static IReadOnlyList<Column> ReadColumns(string names)
    {
        var words = names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var added = words.Where(w => w[0] == '+').Select(w => Columns.Find(w[1..]));
        var named = words.Where(w => w[0] != '+').Select(Columns.Find).ToList();
        return [.. (named.Count > 0 ? named : Columns.Vmmap.SkipLast(2)), .. added, .. named.Count > 0 ? [] : Columns.Vmmap.TakeLast(2)];
    }
}
