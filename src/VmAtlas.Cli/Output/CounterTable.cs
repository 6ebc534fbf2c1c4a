using VmAtlas.Model;

namespace VmAtlas.Cli.Output;

/// <summary>The system's own counters beside our figures, and why they differ where they do.</summary>
static class CounterTable
{
    /// <summary>What should be equal and is not, as problems to show.</summary>
    public static IEnumerable<Problem> Disagreements(Snapshot snapshot) => Reconciliation.Of(snapshot)
        .Where(line => line.Agreement == Agreement.Differs)
        .Select(line => new Problem("counter-differs",
            $"{line.Counter} says {Figures.Kib(line.Counted)} and {line.What} is {Figures.Kib(line.Ours)}: {line.Cause}"));

    public static void Write(Screen screen, Snapshot snapshot)
    {
        var lines = Reconciliation.Of(snapshot);
        if (lines.Count == 0)
            return;
        screen.Line();
        new TextTable(
        [
            new("Counter", (row, cell) => cell.AppendForeign(lines[row].Counter)),
            new("The system", (row, cell) => Figures.Kib(cell, lines[row].Counted)) { Right = true },
            new("VmAtlas", (row, cell) => Figures.Kib(cell, lines[row].Ours)) { Right = true },
            new("Apart", (row, cell) => Figures.Change(cell, lines[row].Difference)) { Right = true },
            new("Counted here", (row, cell) => cell.Append(lines[row].What)) { Flexible = true },
        ], lines.Count)
        {
            Below = (row, cell) =>
            {
                cell.Append(lines[row].Cause);
                cell.Ink = lines[row].Agreement == Agreement.Differs ? Palette.Warning : Palette.Muted;
            },
        }.Write(screen);
    }
}
