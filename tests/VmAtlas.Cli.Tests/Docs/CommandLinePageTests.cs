using System.Text;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests.Docs;

/// <summary><c>docs/cli.md</c> is what each verb's <c>--help</c> says, in the order <c>vmatlas --help</c> lists the verbs.</summary>
public sealed class CommandLinePageTests
{
    const string HowTo = "docs/cli.md is not what --help says; VMATLAS_UPDATE_GOLDEN=1 artifacts/bin/VmAtlas.Cli.Tests/debug/VmAtlas.Cli.Tests "
        + "-class VmAtlas.Cli.Tests.Docs.CommandLinePageTests writes it anew";

    static readonly string s_path = Path.Combine(Repository.Root, "docs", "cli.md");

    [Fact]
    public void The_page_of_the_command_line_is_what_help_says()
    {
        var page = new StringBuilder("# The command line\n\nWhat each verb's `--help` says. This page is made from it, and a test keeps it so.\n");
        foreach (var verb in VerbList.Names)
            page.Append($"\n## {verb}\n\n```text\n{CommandRun.Of(verb, "--help").Worked().Out}```\n");
        if (Environment.GetEnvironmentVariable("VMATLAS_UPDATE_GOLDEN") == "1")
            File.WriteAllText(s_path, page.ToString());
        File.ReadAllText(s_path).ShouldBe(page.ToString(), HowTo);
    }

    [Fact]
    public void No_line_of_help_is_wider_than_an_ordinary_terminal()
    {
        foreach (var verb in VerbList.Names)
        {
            foreach (var line in CommandRun.In(_ => null, 80, verb, "--help", "--color", "never").Worked().Out.Split('\n'))
                line.Length.ShouldBeLessThanOrEqualTo(80, $"{verb}: {line}");
        }
    }
}
