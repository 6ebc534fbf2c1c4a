using System.CommandLine;
using VmAtlas.Capture;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;

namespace VmAtlas.Cli.Verbs;

/// <summary>VMMap's "Empty Working Set".</summary>
sealed class Trim : Verb
{
    readonly Argument<string> _target = TargetArgument();

    public Trim()
        : base("trim", "Empty a process's working set: the kernel writes its pages out (this disturbs the process).") => Add(_target);

    public override IReadOnlyList<Example> Examples =>
        [new("vmatlas trim 1234", "then use one function of the program and 'vmatlas show' what it brought back")];

    public override string Notes =>
        "The process goes on and brings back what it touches: from files, and from swap. Without swap space only file pages can leave.";

    public override int Run(ParseResult arguments, Session session)
    {
        using var target = Target.OpenLive(arguments.GetRequiredValue(_target), "trimming");
        var result = target.Source.Require<ITrimmable>("trimming").Trim();
        if (arguments.GetValue(Json))
            session.WriteJson(json =>
            {
                json.WriteStartObject();
                json.WriteNumber("pid", target.Source.Process.Pid);
                json.WriteNumber("totalWsBefore", result.Before.Bytes);
                json.WriteNumber("totalWsAfter", result.After.Bytes);
                json.WriteNumber("advised", result.Advised.Bytes);
                json.WriteNumber("refused", result.Refused);
                json.WriteNumber("leftOut", result.LeftOut);
                json.WriteEndObject();
            });
        else
            Write(session.Screen, target, result);
        return 0;
    }

    static void Write(Screen screen, LiveTarget target, TrimResult result)
    {
        screen.Line($"{Escape.Text(target.Source.Process.Name)} {target.Source.Process.Pid}: Total WS {Figures.Kib(result.Before.Bytes)} before, {Figures.Kib(result.After.Bytes)} after");
        if (result.Refused > 0)
            screen.Sentence($"! the kernel refused {result.Refused:N0} mappings", Palette.Warning);
        if (result.LeftOut > 0)
            screen.Line($"{result.LeftOut:N0} mappings were left out: locked, huge or a device's", Palette.Muted);
    }
}
