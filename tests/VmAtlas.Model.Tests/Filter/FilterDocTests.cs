using VmAtlas.Testing;

namespace VmAtlas.Model.Tests;

/// <summary>docs/filter.md says what is so.</summary>
public sealed class FilterDocTests
{
    static readonly string[] s_lines = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "filter.md"));

    static IEnumerable<string> Examples => s_lines
        .SkipWhile(l => l != "## Examples").TakeWhile(l => l != "## Grammar")
        .Where(l => l.StartsWith("| `", StringComparison.Ordinal)).Select(l => l[3..l.IndexOf('`', 3)]);

    [Fact]
    public void Every_example_is_a_filter()
    {
        Examples.Count().ShouldBeGreaterThan(20);
        var rows = new SnapshotRows(Snapshots.Sample().Make(), RowLevel.Region);
        foreach (var example in Examples)
        {
            FilterExpression.TryParse(example, out var filter, out var error).ShouldBeTrue($"{example}: {error?.Message}");
            filter.Evaluate(rows).Length.ShouldBe(rows.Count);
        }
    }

    [Fact]
    public void The_limits_are_those_of_the_code()
    {
        var text = string.Join('\n', s_lines);
        text.ShouldContain($"at most {FilterExpression.MaxLength:N0} characters and {FilterExpression.MaxDepth} levels");
    }

    [Fact]
    public void Every_column_that_only_blocks_have_is_named()
    {
        var line = s_lines.Single(l => l.Contains("Columns that only blocks have", StringComparison.Ordinal));
        foreach (var column in Columns.All.Where(c => c.OfBlocks))
            line.ShouldContain(column.Title.ToLowerInvariant());
    }
}
