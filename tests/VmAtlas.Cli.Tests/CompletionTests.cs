namespace VmAtlas.Cli.Tests;

public sealed class CompletionTests
{
    [Fact]
    public void The_first_word_completes_to_verbs() => Offers("sh").ShouldBe(["show"]);

    [Fact]
    public void A_dash_completes_to_the_options_of_the_verb()
    {
        var offers = Offers("show", "--");
        offers.ShouldContain("--filter");
        offers.ShouldContain("--json");
        Offers("show", "1", "--blo").ShouldBe(["--blocks"]);
    }

    [Fact]
    public void An_option_completes_to_its_values()
    {
        Offers("show", "1", "--type", "he").ShouldBe(["heap"]);
        Offers("show", "1", "--sort", "private").ShouldBe(["private", "privateWs"]);
        Offers("show", "1", "--color", "").ShouldBe(["always", "auto", "never"]);
        Offers("completion", "z").ShouldBe(["zsh"]);
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _vmatlas vmatlas")]
    [InlineData("zsh", "compdef _vmatlas vmatlas")]
    [InlineData("fish", "complete -c vmatlas")]
    public void Each_shell_has_its_script(string shell, string line) => CommandRun.Of("completion", shell).Worked().Out.ShouldContain(line);

    [Fact]
    public void Bash_completes_with_its_script()
    {
        var folder = Path.Combine(VmAtlas.Testing.Repository.Root, "artifacts/bin/VmAtlas.Cli/debug");
        var script = $"PATH={folder}:$PATH; source <(vmatlas completion bash); COMP_WORDS=(vmatlas show 1 --type man); COMP_CWORD=4; _vmatlas; echo \"${{COMPREPLY[@]}}\"";
        VmAtlas.Testing.Tool.Output("bash", "-c", script).ShouldBe("managed-heap\n");
    }

    static string[] Offers(params string[] words) =>
        CommandRun.Of(["__complete", .. words]).Worked().Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
