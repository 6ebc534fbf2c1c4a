namespace VmAtlas.Cli.Tests.Docs;

/// <summary>What the pages tell a reader to type works as it stands there, in a shell, but for the stand-ins that
/// <see cref="DocumentedWorld"/> puts real things for.</summary>
public sealed class DocumentedCommandTests(DocumentedWorld world) : IClassFixture<DocumentedWorld>
{
    const string Process = @"^docs\d+  pid \d+  (user \w+  )?|^up\.exe  pid 4712  |^kinds\.exe  pid 32  |^docs\d+ \d+ and its descendants: 1 process ";

    const string Traced = @"^\S*python3 \S*script\.py  pid \d+  traced for ";

    /// <summary>How the first line of a verb's text begins.</summary>
    static readonly (string Verb, string FirstLine)[] s_firstLines =
    [
        ("-o", Process), ("-p", @"^map\.csv: docs\d+, \d+ regions"), ("ps", @"^ *Pid +Name +User +Private +Total WS"), ("show", Process),
        ("at", @"^[0-9a-f]{16}  docs\d+ \d+$"), ("pages", @"^[0-9a-f]{8,}"), ("strings", @"^$|^[0-9a-f]{8,} +\S"), ("managed", @"^clrtarget  pid \d+  user \w+  "),
        ("diff", @"^before  \d{4}-\d\d-\d\d .*  (docs\d+|clrtarget) \d+  Private "),
        ("fragmentation", @"^docs\d+"), ("heap", @"^docs\d+  pid \d+  glibc malloc of /"),
        ("timeline", "^Total WS: 20 snapshots from |^Snapshot"),
        ("record", @"^\w+\.vmatlas: \d+ snapshots? in "), ("export", @"^\w+\.\w+: docs\d+, \d+ regions|^Process:|^run\.pb\.gz: pprof"), ("import", @"^devenv\.vmatlas: |^(server|heap)\.vmatlas: [\d,]+ events"),
        ("snapshot", @"^\w+\.vmatlas: "), ("trim", "."), ("mark", "."), ("open", @"^The page is at http://127\.0\.0\.1:\d+/"), ("completion", "vmatlas"), ("help", "."),
        ("trace", "^$|^Live K +Blocks +Total K"), ("sites", Traced), ("calltree", Traced), ("allocations", Traced), ("leaks", Traced),
        ("events", @"^ +\d+\.\d+ +\d+  \S"), ("flamegraph", @"^\w+\.\w+: live bytes|^\w+\.\w+: \w+"),
    ];

    public static IEnumerable<TheoryDataRow<string>> Commands => DocumentedCommands.Pages.SelectMany(DocumentedCommands.Of)
        .Where(command => command.StartsWith("vmatlas", StringComparison.Ordinal)).Distinct().Select(command => new TheoryDataRow<string>(command));

    [Theory]
    [MemberData(nameof(Commands))]
    public void It_works_as_written(string command)
    {
        var run = world.Run(command);
        run.ExitCode.ShouldBe(0, $"{run.Line}\n{run.Error}");
        var first = run.Out.Split('\n')[0];
        if (command.Contains(" > ", StringComparison.Ordinal))
            return; // what it printed is in the file
        if (command.Contains("--json", StringComparison.Ordinal))
            first[0].ShouldBeOneOf('{', '[');
        else
            first.ShouldMatch(Expected(command), run.Line);
    }

    [Fact]
    public void The_readme_shows_the_two_commands_first() =>
        DocumentedCommands.Of("README.md").Take(2).ShouldBe(["./vmatlas show 1234", "./test"]);

    static string Expected(string command)
    {
        var verb = command.Split(' ').ElementAtOrDefault(1) ?? "open";
        return s_firstLines.First(f => f.Verb == verb).FirstLine;
    }
}
