namespace VmAtlas.Architecture.Tests;

/// <summary>Small files, cut by concern: the budget of docs/architecture.md.</summary>
public sealed class BudgetTests
{
    [Fact]
    public void No_source_file_is_longer_than_600_lines()
    {
        string[] kinds = [".cs", ".ts", ".tsx", ".c", ".h", ".py", ".sh"];
        var tooLong = from file in Sources.All
                      where kinds.Contains(Path.GetExtension(file)) && !file.Contains("/dist/", StringComparison.Ordinal)
                      let lines = File.ReadLines(file).Count()
                      where lines > 600
                      select $"{file}: {lines} lines";
        tooLong.ShouldBeEmpty();
    }

    [Fact]
    public void Half_of_the_csharp_files_have_at_most_90_lines_and_95_percent_at_most_350()
    {
        var lengths = Sources.CSharp("src").Select(f => File.ReadLines(f).Count()).Order().ToArray();
        lengths[lengths.Length / 2].ShouldBeLessThanOrEqualTo(90);
        lengths[lengths.Length * 95 / 100].ShouldBeLessThanOrEqualTo(350);
    }
}
