using System.CommandLine;
using VmAtlas.Capture;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Model;

namespace VmAtlas.Cli.Verbs;

/// <summary>The memory map of a target: process line, bars, summary, and its regions where asked for.</summary>
sealed class Show : Verb
{
    readonly Argument<string> _target = TargetArgument();

    public Show()
        : base("show", "Show where a process's memory goes: bars, a summary by type, and its regions.")
    {
        Add(_target);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas show 1234", "the bars and the summary"),
    ];

    public override int Run(ParseResult arguments, Session session)
    {
        using var target = Target.Open(arguments.GetRequiredValue(_target));
        var snapshot = target.Capture(CaptureOptions.Quick, session.Cancellation);
        WriteText(session.Screen, snapshot);
        return 0;
    }

    static void WriteText(Screen screen, Snapshot snapshot)
    {
        ProcessLine.Write(screen, snapshot);
        screen.Line();
        Bars.Write(screen, snapshot);
        screen.Line();
        SummaryTable.Write(screen, snapshot);
    }
}
