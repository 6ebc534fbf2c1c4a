using System.CommandLine;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Formats;
using VmAtlas.Formats.Profiles;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Cli.Verbs;

/// <summary>A trace as a flame graph.</summary>
sealed class FlameGraphVerb : Verb
{
    readonly Argument<string> _file = SavedTrace.Argument();
    readonly Option<string> _output = new("--output", "-o") { Description = "The .svg to write, or .txt for collapsed stacks; - for stdout (svg).", HelpName = "file", Required = true };
    readonly Option<string> _value = SavedTrace.ValueOption("--value", "What is wide");
    readonly Option<bool> _mappings = new("--mappings") { Description = "Of mappings (mmap, brk, shmat) instead of blocks." };
    readonly Option<int?> _pid = SavedTrace.ProgramOption();
    readonly Option<string?> _symbols = SymbolFolders.Option();

    public FlameGraphVerb()
        : base("flamegraph", "Draw the call tree of a trace: one svg file that needs nothing else.")
    {
        Add(_file);
        Add(_output);
        Add(_value);
        Add(_mappings);
        Add(_pid);
        Add(_symbols);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas flamegraph run.vmatlas -o run.svg", "what is live"),
        new("vmatlas flamegraph run.vmatlas -o churn.svg --value calls", "who calls malloc most"),
        new("vmatlas flamegraph run.vmatlas -o run.txt", "collapsed stacks for other tools"),
    ];

    public override int Run(ParseResult arguments, Session session)
    {
        var path = arguments.GetRequiredValue(_output);
        var trace = SavedTrace.Open(arguments.GetRequiredValue(_file), arguments.GetValue(_pid), session, SymbolFolders.Named(arguments.GetValue(_symbols), session));
        var value = SavedTrace.Value(arguments, _value, trace);
        var sites = arguments.GetValue(_mappings) ? trace.Store.MappingSites : trace.Store.Sites;
        if (value.Of(sites.Total) <= 0)
            throw new VmAtlasException(Failure.NotFound, $"the trace has no {value.Name()}: another --value or --mappings may have some");
        var tree = CallTreeBuilder.Build(CallTreeShape.TopDown, trace.Store, sites, trace.Frames, f => value.Of(f) > 0);
        void Write(Stream to) => FlameGraph.Write(tree, value, trace.Store.Process.Command, to);
        if (path == "-")
        {
            Write(session.OutStream());
            return 0;
        }
        using (var file = new ReplacedFile(path))
        {
            if (path.EndsWith(".txt", StringComparison.OrdinalIgnoreCase))
                CollapsedExport.Write(trace.Store, trace.Frames, value, file.Stream);
            else
                Write(file.Stream);
            file.Commit();
        }
        if (arguments.GetValue(Json))
            session.WriteJson(json =>
            {
                json.WriteStartObject();
                json.WriteString("file", path);
                json.WriteEndObject();
            });
        else
            session.Screen.Line($"{Escape.Text(path)}: {value.Name()} by call stack");
        return 0;
    }
}
