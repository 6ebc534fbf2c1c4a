using System.Xml.Linq;
using VmAtlas.Testing;

namespace VmAtlas.Architecture.Tests;

/// <summary>Arrows between the projects only point down the table of docs/architecture.md.</summary>
public sealed class ArrowTests
{
    /// <summary>Each project and all it may use directly.</summary>
    static readonly Dictionary<string, string[]> s_mayUse = new()
    {
        ["Model"] = [],
        ["Formats"] = ["Model"],
        ["Symbols"] = ["Model"],
        ["Capture"] = ["Model"],
        ["Capture.Linux"] = ["Model", "Symbols", "Capture"],
        ["Capture.Windows"] = ["Model", "Capture"],
        ["Capture.Clr"] = ["Model", "Capture"],
        ["Capture.Clr.Helper"] = ["Model", "Capture", "Capture.Clr"],
        ["Tracing"] = ["Model", "Symbols", "Capture"],
        ["Tracing.Windows"] = ["Model"],
        ["Web"] = ["Model", "Formats", "Symbols", "Capture", "Capture.Linux", "Capture.Windows", "Capture.Clr", "Tracing"],
        ["Cli"] = ["Model", "Formats", "Symbols", "Capture", "Capture.Linux", "Capture.Windows", "Capture.Clr", "Capture.Clr.Helper", "Tracing", "Tracing.Windows", "Web"],
    };

    public static TheoryData<string> Projects => [.. Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_uses_only_what_stands_above_it(string project)
    {
        var name = Path.GetFileNameWithoutExtension(project)["VmAtlas.".Length..];
        s_mayUse.ShouldContainKey(name, "a new project needs a row in docs/architecture.md and here");
        var uses = XDocument.Load(project).Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value)["VmAtlas.".Length..]);
        uses.Except(s_mayUse[name]).ShouldBeEmpty($"{name} may use only {string.Join(", ", s_mayUse[name])}");
    }

    [Fact]
    public void The_model_does_no_input_or_output_and_knows_no_clock()
    {
        string[] forbidden = ["File.", "Directory.", "Console.", "DateTimeOffset.Now", "DateTimeOffset.UtcNow", "DateTime.Now", "Stopwatch", "LibraryImport", "Environment."];
        var hits = from file in Sources.CSharp("src/VmAtlas.Model")
                   from line in File.ReadLines(file).Select((text, i) => (Text: text.Trim(), Number: i + 1))
                   where !line.Text.StartsWith("//", StringComparison.Ordinal) && forbidden.Any(f => line.Text.Contains(f, StringComparison.Ordinal))
                   select $"{Path.GetFileName(file)}:{line.Number}: {line.Text}";
        hits.ShouldBeEmpty();
    }
}
