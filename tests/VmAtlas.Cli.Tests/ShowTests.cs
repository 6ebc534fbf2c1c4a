using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests;

public sealed class ShowTests : IDisposable
{
    readonly SampleFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("show.txt")]
    [InlineData("show-80.txt", "--width", "80")]
    [InlineData("show-120.txt", "--width", "120")]
    [InlineData("show-200.txt", "--width", "200")]
    [InlineData("show-256-colours.txt", "--color", "always", "--width", "100")]
    [InlineData("show-details.txt", "--details")]
    [InlineData("show-blocks-why-120.txt", "--blocks", "--why", "--width", "120")]
    [InlineData("show-details-80.txt", "--details", "--width", "80")]
    [InlineData("show-filter-sort.txt", "--filter", "type in (image, stack) and size > 100K", "--sort", "totalws")]
    [InlineData("show-top-columns.txt", "--top", "3", "--columns", "+pss,+swap")]
    public void Looks_as_it_should(string golden, params string[] options) =>
        Golden.Check(golden, CommandRun.Of(["show", _files.Sample(), .. options]).Worked().Out);

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public void No_line_is_wider_than_the_terminal(int width)
    {
        var shown = CommandRun.In(_ => null, width, "show", _files.Sample(), "--blocks", "--why", "--color", "never").Worked().Out;
        shown.Split('\n').Max(line => line.Length).ShouldBeLessThanOrEqualTo(width);
    }

    [Fact]
    public void Names_of_the_target_never_steer_the_terminal()
    {
        var hostile = new SnapshotMaker().Add(Model.MemoryType.MappedFile, "/tmp/\e]0;owned\a\u202egnp.\u0085x\ny", new BlockSpec(0x10000, 4096)).Make();
        var shown = CommandRun.Of("show", _files.Save("hostile.vmatlas", hostile), "--details").Worked().Out;
        shown.ShouldContain("/tmp/\\x1b]0;owned\\x07\\u{202e}gnp.\\x85x\\ny");
        shown.Any(c => char.IsControl(c) && c != '\n').ShouldBeFalse();
    }

    [Fact]
    public void Colours_follow_the_terminal_and_NO_COLOR()
    {
        var sample = _files.Sample();
        CommandRun.In(_ => null, 100, "show", sample).Out.ShouldContain("\e[0;38;5;");
        CommandRun.In(name => name == "COLORTERM" ? "truecolor" : null, 100, "show", sample).Out.ShouldContain("\e[0;38;2;129;79;205m");
        CommandRun.In(name => name == "NO_COLOR" ? "1" : null, 100, "show", sample).Out.ShouldNotContain("\e");
        CommandRun.In(name => name == "TERM" ? "dumb" : null, 100, "show", sample).Out.ShouldNotContain("\e");
        CommandRun.In(name => name == "NO_COLOR" ? "1" : null, 100, "show", sample, "--color", "always").Out.ShouldContain("\e");
        CommandRun.Of("show", sample).Out.ShouldNotContain("\e");
    }

    [Theory]
    [InlineData("--type", "heep", "there is no type 'heep'")]
    [InlineData("--filter", "privat > 3", "the filter is wrong at character 1")]
    [InlineData("--sort", "colour", "there is no column \"colour\"")]
    [InlineData("--sort", "size:up", "--sort takes column")]
    [InlineData("--top", "0", "--top takes a number from 1 on")]
    [InlineData("--color", "pink", "--color takes auto, always or never")]
    public void Wrong_use_is_one_sentence_and_exit_code_2(string option, string value, string sentence)
    {
        var run = CommandRun.Of("show", _files.Sample(), option, value);
        run.ExitCode.ShouldBe(2);
        run.Error.ShouldStartWith("vmatlas: ");
        run.Error.ShouldContain(sentence);
        run.Error.Count(c => c == '\n').ShouldBe(1);
    }
}
