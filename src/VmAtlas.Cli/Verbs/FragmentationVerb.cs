using System.CommandLine;
using VmAtlas.Capture;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Model;

namespace VmAtlas.Cli.Verbs;

/// <summary>How the address space is cut up, and how much of what is reserved is used.</summary>
sealed class FragmentationVerb : Verb
{
    readonly Argument<string> _target = TargetArgument();
    readonly Option<int> _lines = new("--lines") { Description = "Lines of the map, besides those for folded gaps; 12 unless given.", HelpName = "n", DefaultValueFactory = _ => 12 };

    public FragmentationVerb()
        : base("fragmentation", "Show the free holes by size, how much of what is reserved is used, and a map of the address space.")
    {
        Add(_target);
        Add(_lines);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas fragmentation 1234", "holes, use and the map"),
        new("vmatlas fragmentation before.vmatlas --lines 40", "a finer map"),
    ];

    public override int Run(ParseResult arguments, Session session)
    {
        var lines = arguments.GetValue(_lines);
        if (lines is < 1 or > 1000)
            throw new VmAtlasException(Failure.Usage, $"--lines takes a number from 1 to 1000, not {lines}");
        using var target = Target.Open(arguments.GetRequiredValue(_target));
        var report = new FragmentationReport(target.Capture(CaptureOptions.Quick, session.Cancellation), lines);
        if (arguments.GetValue(Json))
            session.WriteJson(report.WriteJson);
        else
            report.Write(session.Screen);
        return 0;
    }
}
