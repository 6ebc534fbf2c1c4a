namespace VmAtlas.Model;

/// <summary>How a counter of the system and our figure stand to each other.</summary>
public enum Agreement : byte
{
    Equal,

    /// <summary>Apart by no more than rounding, or the drift of the counter, explains.</summary>
    WithinTolerance,

    /// <summary>They count different things, and the difference is of the kind that this makes.</summary>
    ByNature,

    /// <summary>They should be equal and are not.</summary>
    Differs,
}

/// <summary>A counter of the system beside our figure for the same thing.</summary>
/// <param name="Counter">The counter's own name, or names joined by " + ".</param>
/// <param name="Counted">What the system says, bytes.</param>
/// <param name="What">What ours is, in words.</param>
/// <param name="Ours">Our figure, bytes.</param>
/// <param name="Tolerance">Bytes by which the two may be apart without meaning anything.</param>
/// <param name="Cause">Why they are apart, in a sentence; empty where they are equal.</param>
public sealed record ReconciliationLine(
    string Counter, ulong Counted, string What, ulong Ours, ulong Tolerance, Agreement Agreement, string Cause)
{
    /// <summary>Ours less the counter's.</summary>
    public long Difference => Deltas.Between(Counted, Ours);
}

/// <summary>Sets the system's own counters beside our totals and names the cause where they are apart (laws 3 and 4 of the design).</summary>
public static class Reconciliation
{
    const string Moved = "the two were read one after the other, and a running target changes in between; "
        + "if it was stopped, VmAtlas counts wrongly";

    /// <summary>A line for each counter that the snapshot has and that we have a figure for, in a fixed order.</summary>
    public static IReadOnlyList<ReconciliationLine> Of(Snapshot snapshot)
    {
        var figures = new ReconciliationFigures(snapshot);
        var lines = new List<ReconciliationLine>();
        foreach (var rule in ReconciliationRules.All)
        {
            if (rule.Counted(snapshot) is { } counted && rule.Ours(figures) is { } ours)
                lines.Add(Judge(rule, counted, ours, rule.Tolerance(figures)));
        }
        return lines;
    }

    static ReconciliationLine Judge(ReconciliationRule rule, ulong counted, ulong ours, ulong tolerance)
    {
        var apart = counted > ours ? counted - ours : ours - counted;
        var byNature = rule.NatureFits is { } fits && fits(Deltas.Between(counted, ours));
        var (agreement, cause) = apart == 0 ? (Agreement.Equal, "")
            : apart <= tolerance ? (Agreement.WithinTolerance, rule.Small)
            : byNature ? (Agreement.ByNature, rule.Nature)
            : (Agreement.Differs, Moved);
        return new ReconciliationLine(string.Join(" + ", rule.Counters), counted, rule.What, ours, tolerance, agreement, cause);
    }
}
