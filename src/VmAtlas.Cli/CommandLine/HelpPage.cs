using System.CommandLine;
using VmAtlas.Cli.Output;

namespace VmAtlas.Cli.CommandLine;

/// <summary>Writes <c>--help</c>: of the whole command, and of one verb.</summary>
static class HelpPage
{
    public static void WriteOverview(Screen screen)
    {
        screen.Line("Where does this process's memory go?");
        Section(screen, "Usage");
        screen.Line("  vmatlas <verb> …         vmatlas <verb> --help for its options and examples");
        screen.Line("  vmatlas -p <pid or name> [file]   as VMMap: show a process, or write its map to a file");
        screen.Line("  vmatlas -o <file>                 as VMMap: show a saved file");
        Section(screen, "Verbs");
        var verbs = VerbList.All.ToList();
        PairList.Write(screen, verbs.Select(v => (v.Name, v.Description!)));
        Section(screen, "Examples");
        PairList.Write(screen, verbs.Where(v => v.Examples.Count > 0).Select(v => (v.Examples[0].Line, v.Examples[0].Means)).Take(8));
        Section(screen, "More");
        PairList.Write(screen, HelpTopics.All.Select(t => ($"vmatlas help {t.Name}", t.Title)));
    }

    public static void Write(Screen screen, Verb verb)
    {
        foreach (var line in Cut.Lines(verb.Description!, screen.Width ?? PairList.UsualWidth))
            screen.Line(line);
        Section(screen, "Usage");
        screen.Line($"  vmatlas {verb.Name}{string.Concat(verb.Arguments.Select(Usage))} [options]");
        if (verb.Arguments.Count > 0)
        {
            Section(screen, "Arguments");
            PairList.Write(screen, verb.Arguments.Select(a => ($"<{a.Name}>", a.Description ?? "")));
        }
        Section(screen, "Options");
        PairList.Write(screen, verb.Options.Where(o => !o.Hidden).Select(o => (Name(o), o.Description ?? "")));
        if (verb.Notes.Length > 0)
        {
            screen.Line();
            foreach (var line in Cut.Lines(verb.Notes, screen.Width ?? PairList.UsualWidth))
                screen.Line(line);
        }
        Section(screen, "Examples");
        PairList.Write(screen, verb.Examples.Select(e => (e.Line, e.Means)));
    }

    static void Section(Screen screen, string title)
    {
        screen.Line();
        screen.Line(title, Palette.Heading);
    }

    static string Usage(Argument argument)
    {
        var name = argument.Arity.MaximumNumberOfValues > 1 ? $"<{argument.Name}>…" : $"<{argument.Name}>";
        return argument.Arity.MinimumNumberOfValues == 0 ? $" [{name}]" : $" {name}";
    }

    static string Name(Option option)
    {
        var names = string.Join(", ", option.Aliases.Where(a => a.Length == 2 && a != "-?").Append(option.Name));
        return option.ValueType == typeof(bool) ? names : $"{names} <{option.HelpName ?? option.Name.TrimStart('-')}>";
    }
}
