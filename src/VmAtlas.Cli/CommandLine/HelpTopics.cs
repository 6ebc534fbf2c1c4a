using VmAtlas.Cli.Output;
using VmAtlas.Model;

namespace VmAtlas.Cli.CommandLine;

/// <summary>What <c>vmatlas help</c> explains beside the verbs.</summary>
sealed record HelpTopic(string Name, string Title, Action<Screen> Write);

static class HelpTopics
{
    static readonly (int Code, string Meaning)[] s_exitCodes =
    [
        (0, "it worked"),
        (1, "something went wrong that has no number of its own"),
        (2, "wrong use, or a target that several processes answer to"),
        (3, "no such process or file"),
        (4, "not permitted"),
        (5, "the target ended, or became another program, while it was read"),
        (6, "a file is damaged, or from a newer version"),
        (130, "ended by Ctrl-C"),
    ];

    static readonly (string Title, (string, string)[] Lines)[] s_filter =
    [
        ("Comparisons",
        [
            ("private > 10M", "sizes in bytes, or with K, M, G, T (binary); = != < <= > >="),
            ("private > 5%", "a share of the column's total"),
            ("details ~ libssl", "contains, whatever the case; !~ does not"),
            ("name matches '\\.so(\\.\\d+)*$'", "a regular expression"),
            ("type in (heap, stack)", "one of several"),
            ("protection has wx, flags has lo", "all these letters or codes"),
            ("fact.thread-id = 4711", "a named fact of the region, as --why shows them"),
            ("at 7f12ab345678", "the region that holds an address"),
            ("libssl", "a word alone: details contain it"),
        ]),
        ("Examples",
        [
            ("type = heap and private > 10M", "large heaps"),
            ("protection has wx", "memory that can be written and executed"),
            ("type = image and not name ~ /usr/lib", "libraries from elsewhere"),
            ("swap > 0 or lockedWs > 0", "swapped, or never to be"),
        ]),
        ("More", [("vmatlas help columns", "the columns, with the names filters use"), ("docs/filter.md", "the whole grammar")]),
    ];

    public static IReadOnlyList<HelpTopic> All { get; } =
    [
        new("types", "what each type of memory is", screen => WriteGlossary(screen, GlossaryKind.Type)),
        new("columns", "what each column means", screen => WriteGlossary(screen, GlossaryKind.Column)),
        new("terms", "the words of the field", screen => WriteGlossary(screen, GlossaryKind.Term)),
        new("filter", "the language of --filter", WriteFilter),
        new("exit-codes", "what each exit code means", WriteExitCodes),
    ];

    static void WriteGlossary(Screen screen, GlossaryKind kind) => PairList.Write(
        screen, Glossary.All.Where(e => e.Kind == kind).Select(e => (Name(e), e.More.Length > 0 ? $"{e.Short} {e.More}" : e.Short)));

    /// <summary>A column's title, and the name it has in filters where that is not the same word.</summary>
    static string Name(GlossaryEntry entry) =>
        entry.Kind != GlossaryKind.Column || entry.Key.Equals(entry.Title, StringComparison.OrdinalIgnoreCase)
            ? entry.Title
            : $"{entry.Title} ({entry.Key})";

    static void WriteFilter(Screen screen)
    {
        screen.Line("A filter compares columns and joins comparisons with and, or, not and parentheses.");
        foreach (var (title, lines) in s_filter)
        {
            screen.Line();
            screen.Line(title, Palette.Heading);
            PairList.Write(screen, lines);
        }
    }

    static void WriteExitCodes(Screen screen) => new TextTable(
    [
        new("Code", (row, cell) => cell.Append($"{s_exitCodes[row].Code}")) { Right = true },
        new("Meaning", (row, cell) => cell.Append(s_exitCodes[row].Meaning)),
    ], s_exitCodes.Length).Write(screen);
}
