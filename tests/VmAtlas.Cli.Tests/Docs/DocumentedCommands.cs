using System.Text.RegularExpressions;
using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests.Docs;

/// <summary>Every command line that the README, the pages of <c>docs/</c> and <c>--help</c> tell a reader to type.</summary>
static partial class DocumentedCommands
{
    /// <summary>Commands of the tool, without the comments behind them; each once.</summary>
    public static IEnumerable<string> Of(string page)
    {
        var (isShell, isExample) = (false, false);
        foreach (var line in File.ReadLines(Path.Combine(Repository.Root, page)))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
                (isShell, isExample) = (!isShell && line is "```sh" or "```bash" or "```console", false);
            else if (line == "Examples")
                isExample = true;
            else if (isShell || isExample && line.StartsWith("  vmatlas", StringComparison.Ordinal))
                yield return Gap().Split(line.Trim(), 2)[0];
        }
        foreach (Match word in InText().Matches(page.EndsWith("cli.md", StringComparison.Ordinal) ? "" : File.ReadAllText(Path.Combine(Repository.Root, page))))
            yield return word.Groups[1].Value;
    }

    public static IEnumerable<string> Pages =>
        [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md").Select(path => $"docs/{Path.GetFileName(path)}").Order(), "README.md"];

    /// <summary>What stands between a command and what is said of it.</summary>
    [GeneratedRegex("  +(?:# )?")]
    private static partial Regex Gap();

    /// <summary>`vmatlas verb 1234 …` in a sentence: with a target behind the verb; a verb alone, or with an option, is only a name.</summary>
    [GeneratedRegex("`(vmatlas [a-z]+ [^-<`…][^<`…]*|vmatlas -[po] [^<`…]+|vmatlas open --no-browser[^<`…]*)`")]
    private static partial Regex InText();
}
