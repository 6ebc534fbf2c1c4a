using VmAtlas.Model;

namespace VmAtlas.Cli.CommandLine;

/// <summary>VMMap's own switches, for fingers and scripts that know them: <c>-p target [file]</c>, <c>-o file</c>, and those that have
/// nothing to do here (<c>-accepteula</c>, <c>-64</c>).</summary>
static class VmmapSwitches
{
    /// <summary>The same wish in our words; other command lines come back as they are.</summary>
    /// <remarks>Only the first argument is looked at, so <c>-p</c> and <c>-o</c> after a verb mean what the verb says. Case does not
    /// matter, and a slash is as good as a dash, as on Windows.</remarks>
    public static IReadOnlyList<string> Translate(IReadOnlyList<string> arguments)
    {
        var words = arguments.SkipWhile(a => Is(a, "accepteula") || Is(a, "64")).ToList();
        if (words.Count == 0 || !Is(words[0], "p") && !Is(words[0], "o"))
            return words;
        words.RemoveAll(a => Is(a, "accepteula") || Is(a, "64"));
        if (Is(words[0], "o"))
            return words.Count == 2 ? ["show", words[1]] : throw Misused("-o takes the saved file to open, and nothing else");
        return words.Count switch
        {
            2 => ["show", words[1]],
            3 => ["export", words[1], "-o", WithExtension(words[2])],
            _ => throw Misused("-p takes a process and, if wanted, the file to write"),
        };
    }

    /// <summary>VMMap adds its own extension to a name without one; ours is .vmatlas.</summary>
    static string WithExtension(string file) => Path.HasExtension(file) ? file : file + ".vmatlas";

    static bool Is(string argument, string name) =>
        argument.Length == name.Length + 1 && argument[0] is '-' or '/' && argument.AsSpan(1).Equals(name, StringComparison.OrdinalIgnoreCase);

    static VmAtlasException Misused(string what) => new(Failure.Usage, $"{what} ('vmatlas --help' shows both)");
}
