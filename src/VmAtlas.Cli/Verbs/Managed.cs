using System.CommandLine;
using VmAtlas.Capture;
using VmAtlas.Capture.Clr;
using VmAtlas.Capture.Linux.Annotators;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Formats.Export;
using VmAtlas.Model;
using VmAtlas.Model.Managed;

namespace VmAtlas.Cli.Verbs;

/// <summary>The managed memory of a .NET process: generations, the runtime's own heaps, objects by type, and what became more.</summary>
sealed class Managed : Verb
{
    readonly Argument<string> _target = TargetArgument();
    readonly Option<bool> _types = new("--types") { Description = "Count the objects by type. Reads the whole heap; the target runs on." };
    readonly Option<string> _growth = new("--growth") { Description = "Count again after so long and list the types that changed.", HelpName = "time" };
    readonly Option<string> _since = new("--since") { Description = "List the types that changed since 'managed --types --json' wrote this file.", HelpName = "file" };
    readonly Option<int> _top = new("--top") { Description = "Types to list; 30 unless given, 0 for all.", HelpName = "n", DefaultValueFactory = _ => 30 };

    public Managed()
        : base("managed", "Show the memory of a .NET process: generations, the runtime's own heaps, objects by type.")
    {
        Add(_target);
        Add(_types);
        Add(_growth);
        Add(_since);
        Add(_top);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas managed 1234", "what each generation and each heap of the runtime takes"),
        new("vmatlas managed 1234 --types --top 10", "the ten types with the most bytes"),
        new("vmatlas managed 1234 --growth 30s", "types that become more: a leak would be among them"),
        new("vmatlas managed 1234 --types --json > before.json", "to compare with later: --since before.json"),
    ];

    public override string Notes =>
        "For .NET 8, 9 and 10, however published. The target is not paused and no page of it is made resident, so counts "
        + "of a busy program are those of some moment. A saved file has everything but the objects.";

    public override int Run(ParseResult arguments, Session session)
    {
        var top = arguments.GetValue(_top);
        if (top < 0)
            throw new VmAtlasException(Failure.Usage, $"--top takes a number of types, or 0 for all, not {top}");
        var (growth, since) = (arguments.GetValue(_growth), arguments.GetValue(_since));
        if (growth is not null && since is not null)
            throw new VmAtlasException(Failure.Usage, "--growth and --since both say what to compare with: choose one");
        var name = arguments.GetRequiredValue(_target);
        if (!arguments.GetValue(_types) && growth is null && since is null)
        {
            using var target = Target.Open(name);
            Write(arguments, session, ViewOf(target.Capture(CaptureOptions.Full, session.Cancellation)), top);
            return 0;
        }
        var wait = growth is null ? TimeSpan.Zero : Durations.Parse(growth, "--growth");
        var before = since is null ? null : JsonManaged.ReadObjects(since);
        using var live = Target.OpenLive(name, "counting its objects");
        Write(arguments, session, Count(live, before, wait, session), top);
        return 0;
    }

    /// <summary>Counts the objects; twice, and what changed, where time is to pass between.</summary>
    static ManagedView Count(LiveTarget target, HeapStatistics? before, TimeSpan wait, Session session)
    {
        using var annotator = new ClrAnnotator(new ClrOptions { Objects = true });
        var pipeline = new CapturePipeline(target.Linux, LinuxAnnotators.With(annotator));
        if (wait > TimeSpan.Zero)
        {
            before = Capture().Objects;
            session.Cancellation.WaitHandle.WaitOne(wait);
            session.Cancellation.ThrowIfCancellationRequested();
        }
        var view = Capture();
        return before is null ? view : view with { Changes = ObjectDiff.Between(before, view.Objects!) };

        ManagedView Capture()
        {
            var view = ViewOf(pipeline.Capture(session.Cancellation));
            return annotator.LastReport is { Objects: { } objects } ? view with { Objects = objects }
                : throw new VmAtlasException(Failure.General, $"the objects can not be counted: {annotator.LastReport?.WhyNotBetter}");
        }
    }

    static ManagedView ViewOf(Snapshot snapshot) => new(snapshot, ManagedUse.Of(snapshot)
        ?? throw new VmAtlasException(Failure.General, $"{Escape.Text(snapshot.Process.Name)} has no memory of a .NET runtime in it (a NativeAOT program has none either)"));

    void Write(ParseResult arguments, Session session, ManagedView view, int top)
    {
        if (arguments.GetValue(Json))
            session.WriteJson(json => JsonManaged.Write(json, view));
        else
            new ManagedTables(session.Screen, view, top == 0 ? int.MaxValue : top).Write();
    }
}
