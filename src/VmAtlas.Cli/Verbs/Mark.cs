using System.CommandLine;
using VmAtlas.Capture;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;

namespace VmAtlas.Cli.Verbs;

/// <summary>Begins to count anew what is touched.</summary>
sealed class Mark : Verb
{
    readonly Argument<string> _target = TargetArgument();

    public Mark()
        : base("mark", "Reset Referenced, so that the next snapshot shows what was touched since.") => Add(_target);

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas mark 1234", "then use one function of the program"),
        new("vmatlas show 1234 --columns +referenced --sort referenced", "and see what it touched"),
    ];

    public override int Run(ParseResult arguments, Session session)
    {
        using var target = Target.OpenLive(arguments.GetRequiredValue(_target), "marking");
        var process = target.Source.Process;
        target.Source.Require<IMarkable>("marking").Mark();
        if (arguments.GetValue(Json))
            session.WriteJson(json =>
            {
                json.WriteStartObject();
                json.WriteNumber("pid", process.Pid);
                json.WriteBoolean("marked", true);
                json.WriteEndObject();
            });
        else
            session.Screen.Line($"{Escape.Text(process.Name)} {process.Pid}: Referenced is reset; it counts what is touched from now on");
        return 0;
    }
}
