using System.CommandLine;
using VmAtlas.Capture;
using VmAtlas.Capture.Clr;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Formats.Export;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;
using VmAtlas.Model.Managed;

namespace VmAtlas.Cli.Verbs;

/// <summary>The managed memory of a .NET process: generations, the runtime's own heaps, objects by type, and what became more.</summary>
sealed class Managed : Verb
{
    readonly Argument<string> _target = TargetArgument();
    readonly Option<bool> _types = new("--types") { Description = "Count the objects by type. Reads the whole heap; the target runs on." };
    readonly Option<string> _growth = new("--growth") { Description = "Count again after so long and list the types that changed.", HelpName = "time" };
    readonly Option<string> _since = new("--since") { Description = "List the types that changed since another target, live or saved with 'snapshot --managed', or since 'managed --types --json' wrote a file.", HelpName = "target" };
    readonly Option<int> _top = new("--top") { Description = "Types to list; 30 unless given, 0 for all.", HelpName = "n", DefaultValueFactory = _ => 30 };
    readonly RuntimeOptions _runtime;

    public Managed()
        : base("managed", "Show the memory of a .NET process: generations, the runtime's own heaps, objects by type.")
    {
        Add(_target);
        Add(_types);
        Add(_growth);
        Add(_since);
        Add(_top);
        _runtime = new RuntimeOptions(this);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas managed 1234", "what each generation and each heap of the runtime takes"),
        new("vmatlas managed 1234 --types --top 10", "the ten types with the most bytes"),
        new("vmatlas managed 1234 --growth 30s", "types that become more: a leak would be among them"),
        new("vmatlas managed 1234 --since objects.vmatlas", "since 'snapshot 1234 --managed -o objects.vmatlas'"),
        new("vmatlas managed later.vmatlas --since objects.vmatlas", "two files"),
        new("vmatlas managed 1234 --types --json > before.json", "to compare with later: --since before.json"),
        new("vmatlas managed 1234 --induce-gc", "where no debugger library fits: the runtime tells, and collects for it"),
    ];

    public override string Notes =>
        "For .NET 8, 9 and 10, however published. The target is not paused and no page of it is made resident, so counts "
        + "of a busy program are those of some moment. A saved file has the objects if it was made with 'snapshot --managed'.";

    public override int Run(ParseResult arguments, Session session)
    {
        var top = arguments.GetValue(_top);
        if (top < 0)
            throw new VmAtlasException(Failure.Usage, $"--top takes a number of types, or 0 for all, not {top}");
        var (growth, since) = (arguments.GetValue(_growth), arguments.GetValue(_since));
        if (growth is not null && since is not null)
            throw new VmAtlasException(Failure.Usage, "--growth and --since both say what to compare with: choose one");
        var (name, clr) = (arguments.GetRequiredValue(_target), _runtime.Read(arguments));
        using var target = growth is null ? Target.Open(name, clr) : Target.OpenLive(name, "counting its objects twice");
        var before = growth is not null ? CountAndWait(target, Durations.Parse(growth, "--growth"), session)
            : since is not null ? Before(since, clr, session.Cancellation) : null;
        var view = before is not null || arguments.GetValue(_types)
            ? ViewOf(target.CaptureObjects(CaptureOptions.Full, session.Cancellation))
            : ViewOf(target.Capture(CaptureOptions.Full, session.Cancellation)) with { Objects = null };
        Write(arguments, session, before is null ? view : view with { Changes = ObjectDiff.Between(before.Value.Objects, view.Objects!), Before = before.Value.Use }, top);
        return 0;
    }

    static (HeapStatistics Objects, ManagedUse? Use)? CountAndWait(Target target, TimeSpan wait, Session session)
    {
        var view = ViewOf(target.CaptureObjects(CaptureOptions.Full, session.Cancellation));
        session.Cancellation.WaitHandle.WaitOne(wait);
        session.Cancellation.ThrowIfCancellationRequested();
        return (view.Objects!, view.Use);
    }

    /// <summary>What is compared with: a target that has objects, or a file that holds nothing but their count.</summary>
    static (HeapStatistics Objects, ManagedUse? Use)? Before(string since, ClrOptions clr, CancellationToken cancellation)
    {
        if (TargetSpec.Parse(since) is FileSpec file && !file.Path.EndsWith(TimelineFile.Extension, StringComparison.OrdinalIgnoreCase))
            return (JsonManaged.ReadObjects(file.Path), null);
        using var target = Target.Open(since, clr);
        var view = ViewOf(target.CaptureObjects(CaptureOptions.Full, cancellation));
        return (view.Objects!, view.Use);
    }

    static ManagedView ViewOf(Snapshot snapshot) => new(snapshot, ManagedUse.Of(snapshot)
        ?? throw HasNone(snapshot))
    {
        Objects = snapshot.Objects,
    };

    static VmAtlasException HasNone(Snapshot snapshot)
    {
        var name = Escape.Text(snapshot.Process.Name);
        return new VmAtlasException(Failure.General, WhyNot(snapshot) is { } why ? $"the memory of .NET in {name} can not be told: {why}"
            : $"{name} has no memory of a .NET runtime in it (a NativeAOT program has none either)");
    }

    static string? WhyNot(Snapshot snapshot)
    {
        foreach (var annotator in snapshot.Annotators)
        {
            if (annotator.Name == ManagedUse.Annotator && annotator.WhyNot is { } why)
                return Escape.Text(why);
        }
        return null;
    }

    void Write(ParseResult arguments, Session session, ManagedView view, int top)
    {
        if (arguments.GetValue(Json))
            session.WriteJson(json => JsonManaged.Write(json, view));
        else
            new ManagedTables(session.Screen, view, top == 0 ? int.MaxValue : top).Write();
    }
}
