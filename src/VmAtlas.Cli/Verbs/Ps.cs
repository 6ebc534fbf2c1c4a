using System.CommandLine;
using VmAtlas.Cli.CommandLine;

namespace VmAtlas.Cli.Verbs;

/// <summary>The processes there are.</summary>
sealed class Ps : Verb
{
    public Ps()
        : base("ps", "List the processes with what they hold.")
    {
    }

    public override IReadOnlyList<Example> Examples => [new("vmatlas ps", "all processes")];

    public override int Run(ParseResult arguments, Session session) => 0;
}
