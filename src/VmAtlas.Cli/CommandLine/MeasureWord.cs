using VmAtlas.Model;

namespace VmAtlas.Cli.CommandLine;

/// <summary>Reads the name of a measure.</summary>
static class MeasureWord
{
    public static Measure Read(string? word, Measure otherwise) => word is null ? otherwise
        : Measures.TryParse(word, out var measure) ? measure
        : throw new VmAtlasException(Failure.Usage, $"there is no measure '{word}': they are {string.Join(", ", All)}");

    public static IEnumerable<string> All => Enumerable.Range(0, Measures.Count).Select(m => ((Measure)m).JsonName());
}
