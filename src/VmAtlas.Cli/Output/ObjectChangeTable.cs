using VmAtlas.Model;
using VmAtlas.Model.Managed;

namespace VmAtlas.Cli.Output;

/// <summary>Types of .NET objects of which there are more or fewer, for people.</summary>
static class ObjectChangeTable
{
    /// <param name="top">Types to list.</param>
    public static void Write(Screen screen, IReadOnlyList<ObjectChange> changes, int top)
    {
        if (changes.Count == 0)
        {
            screen.Line("no type has more or fewer objects than before");
            return;
        }
        new TextTable(
        [
            new("Objects", (row, cell) => Count(cell, changes[row].Count)) { Right = true },
            new("K", (row, cell) => Figures.Change(cell, changes[row].Bytes)) { Right = true },
            new("now", (row, cell) => cell.Append($"{changes[row].CountAfter:N0}")) { Right = true },
            new("Type", (row, cell) => cell.AppendForeign(changes[row].Name)) { Flexible = true },
        ], Math.Min(top, changes.Count)).Write(screen);
        if (changes.Count > top)
            screen.Line($"and {changes.Count - top:N0} more types that changed", Palette.Muted);
    }

    static void Count(Cell cell, long count)
    {
        if (count != 0)
            cell.Append($"{count:+#,0;−#,0}");
    }

    /// <summary>What could not be followed is not in a count.</summary>
    public static void WriteSkipped(Screen screen, HeapStatistics objects)
    {
        if (!objects.IsComplete)
            screen.Sentence($"! {Figures.Short(new ByteSize((ulong)objects.SkippedBytes))} of the heap could not be followed: it moved while it was counted, is swapped out, or is not in the dump", Palette.Warning);
    }
}
