using System.CommandLine;
using VmAtlas.Capture;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Model;

namespace VmAtlas.Cli.Verbs;

/// <summary>What changed between two snapshots.</summary>
sealed class Diff : Verb
{
    const int UsualTop = 20;

    readonly Argument<string> _before = TargetArgument("before");
    readonly Argument<string?> _after = new("after")
    {
        Description = "The other target; left out, the first and the last snapshot of one file are compared.",
        Arity = ArgumentArity.ZeroOrOne,
        CompletionSources = { TargetCompletion.Complete },
    };

    readonly Option<string> _by = new("--by") { Description = "The measure that says what grew and shrank; private unless given.", HelpName = "measure" };
    readonly Option<int?> _top = new("--top") { Description = $"The largest n changes of regions and of modules; {UsualTop} unless given.", HelpName = "n" };
    readonly Option<bool> _all = new("--all") { Description = "Every change." };
    readonly Option<bool> _modules = new("--modules", "-m") { Description = "Also by file: all regions of a library or file together." };

    readonly Option<bool> _heaps = new("--heaps")
    {
        Description = "Look into malloc's heaps too and list the sizes of which there are more; two files that have their heaps need not be told.",
    };

    readonly Option<bool> _types = new("--types", "-t")
    {
        Description = "Count .NET objects by type and list the types that changed; two files that have their objects need not be told.",
    };

    public Diff()
        : base("diff", "Compare two memory maps by type, by region and by module: of one process, of two, live or saved.")
    {
        _by.CompletionSources.Add(_ => MeasureWord.All);
        Add(_before);
        Add(_after);
        Add(_by);
        Add(_top);
        Add(_all);
        Add(_modules);
        Add(_heaps);
        Add(_types);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas diff before.vmatlas 1234", "a process against a file"),
        new("vmatlas diff long.vmatlas@1 long.vmatlas@last --by totalWs", "two moments of a recording"),
        new("vmatlas diff long.vmatlas", "the first and the last of them"),
        new("vmatlas diff before.vmatlas 1234 --heaps", "and the sizes of malloc's blocks that became more"),
        new("vmatlas diff objects.vmatlas 1234 --types", "and the .NET types that changed since 'snapshot --managed'"),
        new("vmatlas diff 1234 5678 --modules", "two processes, by library too"),
    ];

    public override string Notes =>
        "Regions are matched by where they are within one run of a process, and by what they are between two runs or processes: "
        + "type, details without numbers and addresses, then size.";

    public override int Run(ParseResult arguments, Session session)
    {
        var measure = MeasureWord.Read(arguments.GetValue(_by), Measure.Private);
        var top = arguments.GetValue(_all) ? int.MaxValue : arguments.GetValue(_top) ?? UsualTop;
        var (before, after) = Load(arguments, session.Cancellation);
        var report = new DiffReport(SnapshotDiff.Between(before, after), measure, top) { Modules = arguments.GetValue(_modules) };
        if (arguments.GetValue(Json))
            session.WriteJson(report.WriteJson);
        else
            report.Write(session.Screen);
        return 0;
    }

    (Snapshot, Snapshot) Load(ParseResult arguments, CancellationToken cancellation)
    {
        var (first, types) = (arguments.GetRequiredValue(_before), arguments.GetValue(_types));
        using var before = Target.Open(first);
        if (arguments.GetValue(_after) is { } second)
        {
            using var after = Target.Open(second);
            var options = CaptureOptions.Quick with { Heaps = arguments.GetValue(_heaps) };
            return (Loaded(Capture(before)), Loaded(Capture(after)));

            Snapshot Capture(Target target) => types ? target.CaptureObjects(options, cancellation) : target.Capture(options, cancellation);
        }
        if (before is not SavedTarget { Timeline: { Count: > 1 } timeline } saved)
            throw new VmAtlasException(Failure.Usage, $"'{first}' alone is not two snapshots: name what to compare it with");
        var (oldest, newest) = (timeline.Load(0), timeline.Load(timeline.Count - 1));
        if (types && (oldest.Objects is null || newest.Objects is null))
            throw saved.HasNoObjects();
        return (Loaded(oldest), Loaded(newest));
    }

    /// <summary>A snapshot's heap is decoded while its file is open.</summary>
    static Snapshot Loaded(Snapshot snapshot)
    {
        _ = snapshot.Heap?.Value;
        return snapshot;
    }
}
