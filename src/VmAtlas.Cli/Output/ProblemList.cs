using VmAtlas.Model;

namespace VmAtlas.Cli.Output;

/// <summary>What could not be read or named, below a report.</summary>
static class ProblemList
{
    const int Few = 3;

    public static void Write(Screen screen, Snapshot snapshot, IEnumerable<Problem> more, bool all)
    {
        var sentences = snapshot.Problems.Concat(more).Select(p => p.Message)
            .Concat(snapshot.Annotators.Where(a => !a.Ran).Select(a => $"{a.Name} names are missing: {a.WhyNot}"))
            .ToList();
        if (sentences.Count == 0)
            return;
        screen.Line();
        foreach (var sentence in all ? sentences : sentences.Take(Few))
            screen.Sentence("! " + Escape.Text(sentence), Palette.Warning);
        if (!all && sentences.Count > Few)
            screen.Line($"  {sentences.Count - Few} more: --verbose", Palette.Muted);
    }
}
