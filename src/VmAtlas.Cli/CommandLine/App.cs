using System.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Cli.Verbs;
using VmAtlas.Model;

namespace VmAtlas.Cli.CommandLine;

/// <summary>The command: from its arguments to its exit code. Only here are failures printed.</summary>
static class App
{
    /// <summary>Response files are off: an argument beginning with @ is what it says.</summary>
    static readonly ParserConfiguration s_parser = new() { ResponseFileTokenReplacer = null };

    public static int Run(IReadOnlyList<string> arguments, Surroundings surroundings)
    {
        try
        {
            return RunVerb(VmmapSwitches.Translate(arguments), surroundings);
        }
        catch (VmAtlasException e)
        {
            return Fail(surroundings, e, e.Message, (int)e.Failure);
        }
        catch (AmbiguousTargetException e)
        {
            var code = Fail(surroundings, e, e.Message, (int)Failure.Usage);
            foreach (var process in e.Processes)
                surroundings.Error.WriteLine($"  {process.Pid,8}  {Escape.Text($"{process.User}  {process.Command ?? process.Name}")}");
            return code;
        }
        catch (OutputClosedException)
        {
            return 0;
        }
        catch (OutputFailedException e)
        {
            return Fail(surroundings, e, $"the output could not be written: {e.Message}", (int)Failure.General);
        }
        catch (OperationCanceledException)
        {
            return 130; // what a shell says of a command ended by Ctrl-C
        }
        catch (Exception e)
        {
            return Fail(surroundings, e, $"this is a defect of vmatlas, not of the target: {e.Message} (VMATLAS_DEBUG=1 shows where)", (int)Failure.General);
        }
    }

    static int RunVerb(IReadOnlyList<string> arguments, Surroundings surroundings)
    {
        if (arguments.Count == 0)
            arguments = ["open"];
        if (arguments[0] is "--help" or "-h" or "-?" or "--version")
            return RunWithoutVerb(arguments[0] == "--version", surroundings);
        if (arguments[0] == Completion.Callback)
            return Completion.Answer(arguments.Skip(1).ToList(), surroundings);
        var verb = VerbList.Find(arguments[0]) ?? throw UnknownVerb(arguments[0]);
        var parsed = verb.Parse(arguments, s_parser);
        if (parsed.GetValue(verb.Help))
            return ShowHelp(verb, surroundings);
        if (parsed.Errors.Count > 0)
            throw new VmAtlasException(Failure.Usage, $"{Sentence(parsed.Errors[0].Message)} ('vmatlas {verb.Name} --help' shows what it takes)");
        using var session = new Session(surroundings, ColourWord(parsed.GetValue(verb.Colour)), parsed.GetValue(verb.Width));
        var code = verb.Run(parsed, session);
        session.Flush();
        return code;
    }

    static int RunWithoutVerb(bool version, Surroundings surroundings)
    {
        using var session = new Session(surroundings);
        if (version)
            session.Screen.Line($"vmatlas {Version}");
        else
            HelpPage.WriteOverview(session.Screen);
        session.Flush();
        return 0;
    }

    static int ShowHelp(Verb verb, Surroundings surroundings)
    {
        using var session = new Session(surroundings);
        HelpPage.Write(session.Screen, verb);
        session.Flush();
        return 0;
    }

    public static string Version => typeof(App).Assembly.GetName().Version!.ToString(3);

    static string ColourWord(string? word) => word switch
    {
        null => "auto",
        "auto" or "always" or "never" => word,
        _ => throw new VmAtlasException(Failure.Usage, $"--color takes auto, always or never, not '{word}'"),
    };

    static VmAtlasException UnknownVerb(string word)
    {
        var near = VerbList.Names.MinBy(name => EditDistance.Between(name, word))!;
        var hint = EditDistance.Between(near, word) <= 2 ? $"did you mean '{near}'?" : "'vmatlas --help' lists the verbs";
        return new VmAtlasException(Failure.Usage, $"there is no verb '{word}': {hint}");
    }

    /// <summary>The parser's messages are sentences with a full stop; ours are not.</summary>
    static string Sentence(string message) => char.ToLowerInvariant(message[0]) + message[1..].TrimEnd('.');

    static int Fail(Surroundings surroundings, Exception e, string sentence, int code)
    {
        surroundings.Error.WriteLine($"vmatlas: {Escape.Text(sentence)}");
        if (surroundings.Environment("VMATLAS_DEBUG") == "1")
            surroundings.Error.WriteLine(e);
        return code;
    }
}
