using VmAtlas.Testing;

namespace VmAtlas.Model.Tests;

public sealed class FilterCompletionTests
{
    [Theory]
    [InlineData("", "address|type|private|not|at")]
    [InlineData("pri", "private|privateWs")]
    [InlineData("private ", ">|<=|and")]
    [InlineData("private > ", "10M|5%")]
    [InlineData("private > 1", "1M|10M|100M|1G|1%")]
    [InlineData("type = ", "image|mapped-file|heap")]
    [InlineData("type in (heap, st", "stack")]
    [InlineData("type = heap ", "and|or")]
    [InlineData("type = heap and ", "private|not")]
    [InlineData("flags has l", "lo|lf")]
    [InlineData("(type = heap ", "and|or")]
    [InlineData("details ", "~|matches|and")]
    public void Suggests_what_may_stand_at_the_cursor(string text, string suggestions)
    {
        var offered = FilterExpression.Complete(text, text.Length).Suggestions.Select(s => s.Text).ToList();
        foreach (var suggestion in suggestions.Split('|'))
            offered.ShouldContain(suggestion);
    }

    [Theory]
    [InlineData("private > ten and ")]
    [InlineData("nothing = ")]
    [InlineData("details = \"x")]
    [InlineData("type = xyz")]
    public void Suggests_nothing_after_a_mistake(string text) =>
        FilterExpression.Complete(text, text.Length).Suggestions.ShouldBeEmpty();

    [Fact]
    public void Facts_and_annotators_are_those_of_the_snapshot()
    {
        var sample = Snapshots.Sample().Make();
        Offered("fact.").ShouldBe(["fact.arena", "fact.build-id", "fact.stack-depth", "fact.thread-id"]);
        Offered("fact.st").ShouldBe(["fact.stack-depth"]);
        Offered("annotator = ").ShouldBe(["Test"]);
        FilterExpression.Complete("fact.", 5).Suggestions.ShouldHaveSingleItem().Text.ShouldBe("fact.");

        IEnumerable<string> Offered(string text) => FilterExpression.Complete(text, text.Length, sample).Suggestions.Select(s => s.Text);
    }

    [Fact]
    public void Replaces_the_word_before_the_cursor()
    {
        var completion = FilterExpression.Complete("type = heap and pri > 5", 19);
        (completion.Start, completion.Length).ShouldBe((16, 3));
        completion.Suggestions.Select(s => s.Text).ShouldBe(["private", "privateWs"]);
        completion.Suggestions[0].Doc.ShouldContain("charged to this process");
    }
}
