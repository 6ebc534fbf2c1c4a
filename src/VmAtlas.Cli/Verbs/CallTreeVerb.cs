using System.CommandLine;
using System.Text.Json;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Formats.Profiles;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Cli.Verbs;

/// <summary>The call tree of a trace.</summary>
sealed class CallTreeVerb : Verb
{
    readonly Argument<string> _file = SavedTrace.Argument();
    readonly Option<bool> _bottomUp = new("--bottom-up") { Description = "From those that asked for memory to their callers." };
    readonly Option<string?> _by = new("--by") { Description = "module: calls within a module as one; thread: each thread by itself.", HelpName = "what" };
    readonly Option<string> _sort = SavedTrace.ValueOption("--sort", "What counts, largest first");
    readonly Option<double> _least = new("--least") { Description = "Leave out branches below so many percent of the whole; 1 unless given.", HelpName = "percent", DefaultValueFactory = _ => 1 };
    readonly Option<int?> _depth = new("--depth") { Description = "Go only so deep.", HelpName = "n" };
    readonly Option<bool> _mappings = new("--mappings") { Description = "Of mappings (mmap, brk, shmat) instead of blocks." };
    readonly Option<int?> _pid = SavedTrace.ProgramOption();
    readonly Option<string?> _symbols = SymbolFolders.Option();

    public CallTreeVerb()
        : base("calltree", "Show the call tree of a trace: which functions the memory goes through.")
    {
        _by.CompletionSources.Add("module", "thread");
        Add(_file);
        foreach (var option in (Option[])[_bottomUp, _by, _sort, _least, _depth, _mappings, _pid, _symbols])
            Add(option);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas calltree run.vmatlas", "from main down, by live bytes"),
        new("vmatlas calltree run.vmatlas --bottom-up --sort total", "from those that asked, by all they ever asked for"),
        new("vmatlas calltree run.vmatlas --by module --json", "libraries, for a program"),
    ];

    public override string Notes => "Json is an array of rows; parent is the id of another row, which comes before, and row 0 is the whole. It has every branch unless --least is given.";

    public override int Run(ParseResult arguments, Session session)
    {
        var shape = Shape(arguments);
        var trace = SavedTrace.Open(arguments.GetRequiredValue(_file), arguments.GetValue(_pid), session, SymbolFolders.Named(arguments.GetValue(_symbols), session));
        var value = SavedTrace.Value(arguments, _sort, trace);
        var sites = arguments.GetValue(_mappings) ? trace.Store.MappingSites : trace.Store.Sites;
        var tree = CallTreeBuilder.Build(shape, trace.Store, sites, trace.Frames);
        if (arguments.GetValue(Json))
        {
            var least = arguments.GetResult(_least) is { Implicit: false } ? Least(arguments, value, tree) : 0;
            session.WriteJson(json => WriteJson(json, tree, value, least));
            return 0;
        }
        SiteTables.WriteHead(session.Screen, trace);
        Write(session.Screen, tree, value, Least(arguments, value, tree), arguments.GetValue(_depth) ?? int.MaxValue, trace.Store.HasOnlyTotals);
        return 0;
    }

    CallTreeShape Shape(ParseResult arguments) => (arguments.GetValue(_by), arguments.GetValue(_bottomUp)) switch
    {
        (null, false) => CallTreeShape.TopDown,
        (null, true) => CallTreeShape.BottomUp,
        ("module", false) => CallTreeShape.ByModule,
        ("thread", false) => CallTreeShape.ByThread,
        ("module" or "thread", true) => throw new VmAtlasException(Failure.Usage, "--bottom-up and --by exclude each other"),
        var (other, _) => throw new VmAtlasException(Failure.Usage, $"--by takes module or thread, not '{other}'"),
    };

    double Least(ParseResult arguments, SiteValue value, CallTree tree) => Math.Max(1, value.Of(tree.Figures(0)) * arguments.GetValue(_least) / 100);

    static void Write(Screen screen, CallTree tree, SiteValue value, double least, int depth, bool onlyTotals)
    {
        var rows = Walk(tree, value, least, depth).ToList();
        new TextTable(
        [
            new("%", (i, cell) => cell.Append($"{100.0 * value.Of(tree.Figures(rows[i].Row)) / Math.Max(1, value.Of(tree.Figures(0))):0.0}")) { Right = true },
            .. onlyTotals ? [] : Live(tree, rows),
            new("Total K", (i, cell) => Figures.Kib(cell, SiteTables.Bytes(tree.Figures(rows[i].Row).TotalBytes))) { Right = true, DropOrder = 2 },
            new("Calls", (i, cell) => cell.Append($"{tree.Figures(rows[i].Row).TotalCount:N0}")) { Right = true, DropOrder = 3 },
            .. onlyTotals ? [] : (TableColumn[])[new("At peak", (i, cell) => Figures.Kib(cell, SiteTables.Bytes(tree.Figures(rows[i].Row).AtPeakBytes))) { Right = true, DropOrder = 4 }],
            new("Function", (i, cell) => Caption(cell, tree, rows[i])) { Flexible = true },
        ], rows.Count).Write(screen);
    }

    static TableColumn[] Live(CallTree tree, List<(int Row, int Depth)> rows) =>
    [
        new("Live K", (i, cell) => Figures.Kib(cell, SiteTables.Bytes(tree.Figures(rows[i].Row).LiveBytes))) { Right = true },
        new("Blocks", (i, cell) => cell.Append($"{tree.Figures(rows[i].Row).LiveCount:N0}")) { Right = true, DropOrder = 1 },
    ];

    /// <summary>Rows worth showing, callers first, each with its depth. Not recursive: a stack can be thousands deep.</summary>
    static IEnumerable<(int Row, int Depth)> Walk(CallTree tree, SiteValue value, double least, int depth)
    {
        var next = new Stack<(int Row, int Depth)>([(0, 0)]);
        while (next.TryPop(out var at))
        {
            yield return at;
            if (at.Depth >= depth)
                continue;
            var children = tree.Children(at.Row).Where(c => value.Of(tree.Figures(c)) >= least)
                .OrderBy(c => value.Of(tree.Figures(c))).ThenByDescending(c => c);
            foreach (var child in children)
                next.Push((child, at.Depth + 1));
        }
    }

    static void Caption(Cell cell, CallTree tree, (int Row, int Depth) at)
    {
        const int Deepest = 40;
        cell.Append(new string(' ', Math.Min(at.Depth, Deepest) * 2));
        var label = tree.Label(at.Row);
        cell.AppendForeign(at.Row == 0 ? "all" : label.Tid != 0 ? $"{label.Text} ({label.Tid})" : label.Text.Length > 0 ? label.Text : "(unknown)");
    }

    static void WriteJson(Utf8JsonWriter json, CallTree tree, SiteValue value, double least)
    {
        json.WriteStartArray();
        for (var row = 0; row < tree.Count; row++)
        {
            var figures = tree.Figures(row);
            if (row > 0 && value.Of(figures) < least)
                continue;
            var label = tree.Label(row);
            json.WriteStartObject();
            json.WriteNumber("id", row);
            if (row > 0)
                json.WriteNumber("parent", tree.Parent(row));
            json.WriteString(label.Tid != 0 ? "thread" : tree.Shape == CallTreeShape.ByModule ? "module" : "function", label.Text);
            if (label.Tid != 0)
                json.WriteNumber("tid", label.Tid);
            else if (tree.Shape != CallTreeShape.ByModule && label.Module.Length > 0)
                json.WriteString("module", label.Module);
            json.WriteNumber("liveBytes", figures.LiveBytes);
            json.WriteNumber("liveCount", SiteValue.LiveCount.Of(figures));
            json.WriteNumber("totalBytes", figures.TotalBytes);
            json.WriteNumber("totalCount", SiteValue.TotalCount.Of(figures));
            json.WriteNumber("atPeakBytes", figures.AtPeakBytes);
            json.WriteNumber("temporaryCount", SiteValue.TemporaryCount.Of(figures));
            json.WriteNumber("ownLiveBytes", tree.OwnFigures(row).LiveBytes);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
