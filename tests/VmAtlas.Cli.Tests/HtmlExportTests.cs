using System.Text.RegularExpressions;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests;

/// <summary><c>export -o x.html</c>: how it is seen is for the tests of the page, here it is which snapshots are in it.</summary>
public sealed partial class HtmlExportTests : IDisposable
{
    readonly SampleFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("", 3)]
    [InlineData("@2", 1)]
    [InlineData("@last", 1)]
    public void A_report_has_every_snapshot_unless_one_is_chosen(string choice, int snapshots)
    {
        var saved = _files.Save("long.vmatlas", [.. Enumerable.Range(0, 3).Select(_ => Snapshots.Sample().Make())]);
        var report = _files.Path("x.html");
        CommandRun.Of("export", saved + choice, "-o", report).Worked();
        Taken().Count(File.ReadAllText(report)).ShouldBe(snapshots);
    }

    [Fact]
    public void A_report_can_be_written_to_a_pipe()
    {
        var html = CommandRun.Of("export", _files.Sample(), "-f", "html", "-o", "-").Worked().Out;
        html.ShouldStartWith("<!doctype html>");
        html.TrimEnd().ShouldEndWith("</html>");
    }

    [Fact]
    public void A_report_asks_nothing_of_the_outside()
    {
        var html = CommandRun.Of("export", _files.Sample(), "-f", "html", "-o", "-").Worked().Out;
        html.ShouldContain("default-src 'none'");
        html.ShouldNotContain("connect-src");
        Loaded().IsMatch(html).ShouldBeFalse();
    }

    [GeneratedRegex("\"takenAt\"")]
    private static partial Regex Taken();

    /// <summary>What a browser would load from somewhere.</summary>
    [GeneratedRegex("<(link|img|iframe|object|embed|base)\\b|<script[^>]*\\bsrc=|@import|(?-i:url\\()(?!['\"]?data:)", RegexOptions.IgnoreCase)]
    private static partial Regex Loaded();
}
