using System.Text.RegularExpressions;
using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests;

/// <summary>What verbs say of a live process, with N for every number and A for every address: the words and the shape are kept.</summary>
public sealed partial class LiveGoldenTests : IDisposable
{
    readonly SampleFiles _files = new();
    readonly TestTarget _target = TestTarget.Start("cli_texts");

    public void Dispose()
    {
        _target.Dispose();
        _files.Dispose();
    }

    [Theory]
    [InlineData("strings", "strings PID TEXT --grep quick|lazy")]
    [InlineData("strings", "strings PID TEXT --grep quick|lazy --json")]
    [InlineData("snapshot", "snapshot PID -o FOLDER/x.vmatlas")]
    [InlineData("snapshot", "snapshot PID -o FOLDER/x.vmatlas --json")]
    [InlineData("record", "record PID -o FOLDER/x.vmatlas --every 30s --for 10ms")]
    [InlineData("record", "record PID -o FOLDER/x.vmatlas --every 30s --for 10ms --json")]
    [InlineData("export", "export PID -o FOLDER/x.csv")]
    [InlineData("export", "export PID -o FOLDER/x.csv --json")]
    [InlineData("import", "import FOLDER/given.csv -o FOLDER/x.vmatlas")]
    [InlineData("import", "import FOLDER/given.csv -o FOLDER/x.vmatlas --json")]
    [InlineData("trim", "trim PID")]
    [InlineData("trim", "trim PID --json")]
    [InlineData("mark", "mark PID")]
    [InlineData("mark", "mark PID --json")]
    [InlineData("heap", "heap PID --width 80")]
    [InlineData("heap", "heap PID")]
    [InlineData("heap", "heap PID --json")]
    [InlineData("completion", "completion bash")]
    [InlineData("completion", "completion zsh")]
    [InlineData("completion", "completion fish --json")]
    [InlineData("help", "help terms")]
    [InlineData("help", "help exit-codes --json")]
    public void The_words_are_kept(string verb, string line)
    {
        CommandRun.Of("export", _files.Sample(), "-o", _files.Path("given.csv")).Worked();
        var run = CommandRun.Of([.. line.Split(' ').Select(word => word.Replace("PID", $"{_target.Pid}").Replace("TEXT", _target.Said["ascii"].Single()).Replace("FOLDER", _files.Folder))]);
        run.ExitCode.ShouldBe(0, run.Error);
        var kind = verb is "completion" or "help" ? "-" + line.Split(' ')[1] : "";
        var width = line.Contains("--width", StringComparison.Ordinal) ? "-80" : "";
        var text = run.Out.Replace(_files.Folder, "FOLDER");
        Golden.Check($"live-{verb}{kind}{width}.{(line.Contains("--json", StringComparison.Ordinal) ? "json" : "txt")}", verb is "completion" or "help" ? text : Shape(text));
    }

    /// <summary>Numbers of different length leave columns of different width, so runs of spaces and bars are one.</summary>
    static string Shape(string text)
    {
        text = Addresses().Replace(text, "A");
        text = Numbers().Replace(text, "N");
        text = Bars().Replace(text, "BAR");
        text = Units().Replace(text, "N B");
        text = Ranges().Replace(text, "");
        return Spaces().Replace(text, " ");
    }

    [GeneratedRegex("(0x)?[0-9a-f]{8,16}")]
    private static partial Regex Addresses();

    [GeneratedRegex(@"-?\d+(,\d{3})*(\.\d+)?(E-?\d+)?")]
    private static partial Regex Numbers();

    [GeneratedRegex("[█░]+")]
    private static partial Regex Bars();

    [GeneratedRegex("N (ms|s|K|M)\\b")]
    private static partial Regex Units();

    /// <summary>Which sizes of chunks a program's C library has made is its own affair.</summary>
    [GeneratedRegex(@"\n *N – N.*|\n *N (N |BAR).*")]
    private static partial Regex Ranges();

    [GeneratedRegex(" +")]
    private static partial Regex Spaces();
}
