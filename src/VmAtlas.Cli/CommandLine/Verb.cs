using System.CommandLine;
using VmAtlas.Cli.Output;

namespace VmAtlas.Cli.CommandLine;

/// <summary>One verb of the command: its options, its examples, and what it does. A new verb is a new class and a line in
/// <see cref="VerbList"/>.</summary>
abstract class Verb : Command
{
    protected Verb(string name, string description)
        : base(name, description)
    {
        Json = new Option<bool>("--json") { Description = "Print one json object for programs instead of text for people." };
        Colour = new Option<string>("--color", "--colour") { Description = "Colours: auto (on a terminal), always or never.", HelpName = "when" };
        Colour.CompletionSources.Add("auto", "always", "never");
        Width = new Option<int?>("--width") { Description = "Columns to lay text out for; the terminal's, and no limit where there is none.", HelpName = "n" };
        Help = new Option<bool>("--help", "-h", "-?") { Description = "Print this help." };
    }

    /// <summary>Asks for json. Every verb has it.</summary>
    public Option<bool> Json { get; }

    public Option<string> Colour { get; }

    public Option<int?> Width { get; }

    public Option<bool> Help { get; }

    /// <summary>Lines to try, shown by <c>--help</c> and run by a test where the words allow it.</summary>
    public abstract IReadOnlyList<Example> Examples { get; }

    /// <summary>What else <c>--help</c> says, after the options.</summary>
    public virtual string Notes => "";

    /// <summary>Does what the verb is for.</summary>
    /// <returns>The exit code; failures are thrown.</returns>
    /// <exception cref="Model.VmAtlasException">With a sentence for the user.</exception>
    public abstract int Run(ParseResult arguments, Session session);

    /// <summary>The options all verbs share, added last so that <c>--help</c> lists them last.</summary>
    public void AddCommonOptions()
    {
        Add(Json);
        Add(Colour);
        Add(Width);
        Add(Help);
    }

    /// <summary>For verbs that look into heaps only when told to.</summary>
    protected static Option<bool> HeapsOption() => new("--heaps")
    {
        Description = "Look into malloc's heaps too: what is in use, free and top. Reads every block, some 150 ms a GiB.",
    };

    /// <summary>An argument naming what is looked at.</summary>
    protected static Argument<string> TargetArgument(string name = "target") => new(name)
    {
        Description = "A pid, a process name, or a saved file: x.vmatlas, x.vmatlas@3 (its third snapshot), x.csv, x.mmp; or a dump: core, x.dmp.",
        CompletionSources = { Targets.TargetCompletion.Complete },
    };
}

/// <summary>A command line and what it does.</summary>
readonly record struct Example(string Line, string Means);
