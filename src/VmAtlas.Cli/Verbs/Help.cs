using System.CommandLine;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Model;

namespace VmAtlas.Cli.Verbs;

/// <summary>Explains a verb or a topic.</summary>
sealed class Help : Verb
{
    readonly Argument<string?> _topic = new("topic")
    {
        Description = "A verb, or one of: " + string.Join(", ", HelpTopics.All.Select(t => t.Name)) + ".",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public Help()
        : base("help", "Explain a verb or a topic: " + string.Join(", ", HelpTopics.All.Select(t => t.Name)) + ".")
    {
        _topic.CompletionSources.Add(_ => HelpTopics.All.Select(t => t.Name).Concat(VerbList.Names));
        Add(_topic);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas help columns", "what each column means"),
        new("vmatlas help exit-codes", "what each exit code means"),
    ];

    public override int Run(ParseResult arguments, Session session)
    {
        var name = arguments.GetValue(_topic);
        if (arguments.GetValue(Json))
            session.WriteJson(json => HelpJson.Write(json, name));
        else if (name is null)
            HelpPage.WriteOverview(session.Screen);
        else if (HelpTopics.All.FirstOrDefault(t => t.Name == name) is { } topic)
            topic.Write(session.Screen);
        else if (VerbList.Find(name) is { } verb)
            HelpPage.Write(session.Screen, verb);
        else
            throw NoHelp(name);
        return 0;
    }

    public static VmAtlasException NoHelp(string name) => new(Failure.Usage, $"there is no help on '{name}': 'vmatlas help' lists what there is");
}
