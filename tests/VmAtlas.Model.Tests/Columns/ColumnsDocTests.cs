using System.Text;
using VmAtlas.Testing;

namespace VmAtlas.Model.Tests;

/// <summary>The tables of docs/columns.md are the glossary's. <c>VMATLAS_UPDATE=1</c> writes them anew.</summary>
public sealed class ColumnsDocTests
{
    const string Begin = "<!-- from the glossary: begin -->", End = "<!-- from the glossary: end -->";

    static readonly string s_path = Path.Combine(Repository.Root, "docs", "columns.md");

    [Fact]
    public void The_page_says_what_the_code_says()
    {
        var page = File.ReadAllText(s_path);
        var (begin, end) = (page.IndexOf(Begin, StringComparison.Ordinal), page.IndexOf(End, StringComparison.Ordinal));
        (begin > 0 && end > begin).ShouldBeTrue("the marks around the generated part are gone");
        var expected = page[..(begin + Begin.Length)] + "\n" + Generated() + page[end..];
        if (Environment.GetEnvironmentVariable("VMATLAS_UPDATE") == "1")
            File.WriteAllText(s_path, expected);
        File.ReadAllText(s_path).ShouldBe(expected, "run the tests with VMATLAS_UPDATE=1 and look at what changed");
    }

    [Fact]
    public void The_glossary_explains_every_type_and_column_once_in_whole_sentences()
    {
        Glossary.All.Count(e => e.Kind == GlossaryKind.Type).ShouldBe(MemoryTypes.Count);
        foreach (var type in Enum.GetValues<MemoryType>())
            Glossary.Type(type).Title.ShouldBe(type.Name());
        Glossary.All.Where(e => e.Kind == GlossaryKind.Column).Select(e => (e.Key, e.Title)).ShouldBe(Columns.All.Select(c => (c.Key, c.Title)));
        Glossary.All.Select(e => (e.Kind, e.Key)).ShouldBeUnique();
        Glossary.All.ShouldAllBe(e => e.Short.EndsWith('.') && (e.More.Length == 0 || e.More.EndsWith('.')));
        Glossary.Find("working set")!.Kind.ShouldBe(GlossaryKind.Term);
        Glossary.Find("private-ws")!.Key.ShouldBe("privateWs");
        Glossary.Find("swap")!.Kind.ShouldBe(GlossaryKind.Column);
        Glossary.Find("nonsense").ShouldBeNull();
    }

    static string Generated()
    {
        var text = new StringBuilder("\n## Types\n\n| type | is |\n| --- | --- |\n");
        foreach (var entry in Glossary.All.Where(e => e.Kind == GlossaryKind.Type))
            text.Append($"| {entry.Title} | {Sentences(entry)} |\n");
        text.Append("\n## Columns\n\n| column | key and other names | is | Linux | Windows |\n| --- | --- | --- | --- | --- |\n");
        foreach (var entry in Glossary.All.Where(e => e.Kind == GlossaryKind.Column))
        {
            var names = string.Join(", ", ((string[])[entry.Key, .. Columns.Find(entry.Key).Aliases]).Select(n => $"`{n}`"));
            text.Append($"| {entry.Title} | {names} | {Sentences(entry)} | {Dash(entry.Linux)} | {Dash(entry.Windows)} |\n");
        }
        text.Append("\n## Terms\n\n| term | is |\n| --- | --- |\n");
        foreach (var entry in Glossary.All.Where(e => e.Kind == GlossaryKind.Term))
            text.Append($"| {entry.Title} | {Sentences(entry)} |\n");
        return text.Append('\n').ToString();
    }

    static string Sentences(GlossaryEntry entry) => $"{entry.Short} {entry.More}".TrimEnd();

    static string Dash(string text) => text.Length == 0 ? "–" : text;
}
