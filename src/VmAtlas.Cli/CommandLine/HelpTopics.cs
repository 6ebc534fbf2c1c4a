using VmAtlas.Cli.Output;

namespace VmAtlas.Cli.CommandLine;

/// <summary>What <c>vmatlas help</c> explains beside the verbs.</summary>
sealed record HelpTopic(string Name, string Title, Action<Session> Write);

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

    public static IReadOnlyList<HelpTopic> All { get; } =
    [
        new("exit-codes", "what each exit code means", WriteExitCodes),
    ];

    static void WriteExitCodes(Session session) => new TextTable(
    [
        new("Code", (row, cell) => cell.Append($"{s_exitCodes[row].Code}")) { Right = true },
        new("Meaning", (row, cell) => cell.Append(s_exitCodes[row].Meaning)),
    ], s_exitCodes.Length).Write(session.Screen);
}
