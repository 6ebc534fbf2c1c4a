using System.CommandLine;
using System.CommandLine.Completions;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Model;

namespace VmAtlas.Cli.Verbs;

/// <summary>Prints what makes a shell complete our verbs, options and targets; and answers what the shell then asks.</summary>
sealed class Completion : Verb
{
    /// <summary>How the shell asks: the words after <c>vmatlas</c> follow, the last being the one to complete.</summary>
    public const string Callback = "__complete";

    readonly Argument<string> _shell = new("shell") { Description = "bash, zsh or fish." };

    public Completion()
        : base("completion", "Print the completion script of a shell: bash, zsh or fish.")
    {
        _shell.CompletionSources.Add("bash", "zsh", "fish");
        Add(_shell);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas completion bash", "for ~/.bashrc: source <(vmatlas completion bash)"),
        new("vmatlas completion fish", "for fish: vmatlas completion fish | source"),
    ];

    public override int Run(ParseResult arguments, Session session)
    {
        var script = arguments.GetRequiredValue(_shell) switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            "fish" => Fish,
            var other => throw new VmAtlasException(Failure.Usage, $"there is no completion for '{other}': bash, zsh and fish have one"),
        };
        if (arguments.GetValue(Json))
            session.WriteJson(json =>
            {
                json.WriteStartObject();
                json.WriteString("script", script);
                json.WriteEndObject();
            });
        else
            session.Screen.Write(script);
        return 0;
    }

    /// <summary>One offer a line, those that begin like the last word.</summary>
    public static int Answer(IReadOnlyList<string> words, Surroundings surroundings)
    {
        using var session = new Session(surroundings);
        var typed = words.Count == 0 ? "" : words[^1];
        foreach (var offer in Offers(words, typed).Where(o => o.StartsWith(typed, StringComparison.Ordinal)).Distinct())
            session.Screen.Line(offer);
        session.Flush();
        return 0;
    }

    static IEnumerable<string> Offers(IReadOnlyList<string> words, string typed)
    {
        if (words.Count < 2)
            return VerbList.Names;
        if (VerbList.Find(words[0]) is not { } verb)
            return [];
        if (words.Count > 2 && verb.Options.FirstOrDefault(o => Named(o, words[^2])) is { } before && before.ValueType != typeof(bool))
            return Labels(before.GetCompletions(CompletionContext.Empty));
        return typed.StartsWith('-')
            ? verb.Options.SelectMany(o => o.Aliases.Append(o.Name)).Where(n => n.StartsWith("--", StringComparison.Ordinal)).Order()
            : verb.Arguments.SelectMany(a => Labels(a.GetCompletions(CompletionContext.Empty)));
    }

    static bool Named(Option option, string word) => option.Name == word || option.Aliases.Contains(word);

    static IEnumerable<string> Labels(IEnumerable<CompletionItem> items) => items.Select(i => i.Label);

    const string Bash = """
        # vmatlas completion for bash
        _vmatlas() {
            local IFS=$'\n'
            COMPREPLY=($("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
        }
        complete -o default -F _vmatlas vmatlas

        """;

    const string Zsh = """
        #compdef vmatlas
        # vmatlas completion for zsh
        _vmatlas() {
            local -a offers
            offers=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
            [[ -n "$offers" ]] && compadd -a offers
            _files
        }
        compdef _vmatlas vmatlas

        """;

    const string Fish = """
        # vmatlas completion for fish
        complete -c vmatlas -a '(vmatlas __complete (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'

        """;
}
