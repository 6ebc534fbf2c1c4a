namespace VmAtlas.Model;

/// <summary>
/// A condition on regions or blocks, in a small language over every column:
/// <c>type = heap and private > 10M and not details ~ libssl</c>. <c>docs/filter.md</c> has the grammar.
/// </summary>
/// <remarks>
/// It is evaluated a column at a time, and texts once for each distinct text, so that a filter over half a million rows
/// costs a few milliseconds and allocates arrays only.
/// </remarks>
public sealed class FilterExpression
{
    /// <summary>The longest text that is read.</summary>
    public const int MaxLength = 10_000;

    /// <summary>The deepest nesting of parentheses and nots.</summary>
    public const int MaxDepth = 100;

    readonly FilterNode _root;

    FilterExpression(string text, FilterNode root, IReadOnlyList<Column> columns) =>
        (Text, _root, UsedColumns) = (text, root, columns);

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>The columns compared, without repetition; facts are not among them.</summary>
    public IReadOnlyList<Column> UsedColumns { get; }

    /// <summary>All columns a filter may use, with what each means: for help and completion. Besides them <c>fact.NAME</c> is one.</summary>
    public static IReadOnlyList<Column> Columns => Model.Columns.All;

    public static bool TryParse(string text, out FilterExpression filter, out FilterError? error)
    {
        try
        {
            var parser = new FilterParser(text);
            filter = new FilterExpression(text, parser.Parse(), parser.Columns);
            error = null;
            return true;
        }
        catch (FilterException e)
        {
            (filter, error) = (null!, e.Error);
            return false;
        }
    }

    /// <exception cref="VmAtlasException">The text is no filter: the message says where and what was expected.</exception>
    public static FilterExpression Parse(string text)
    {
        if (TryParse(text, out var filter, out var error))
            return filter;
        var place = error!.Position >= text.Length ? "at its end" : $"at character {error.Position + 1}";
        throw new VmAtlasException(Failure.Usage, $"the filter is wrong {place}: {error.Message}");
    }

    /// <summary>What could stand at a place of a text, for completion while it is typed.</summary>
    /// <param name="snapshot">Where the names of facts and of annotators come from; null to do without.</param>
    public static FilterCompletion Complete(string text, int cursor, Snapshot? snapshot = null) =>
        new FilterCompleter(snapshot).Complete(text, cursor);

    /// <summary>Whether each row fits. A comparison with a column that the snapshot does not know fits no row, whichever way
    /// it is put.</summary>
    /// <exception cref="VmAtlasException">A regular expression takes too long.</exception>
    public bool[] Evaluate(SnapshotRows rows) => _root.Evaluate(rows);

    /// <summary>The rows that fit, in order.</summary>
    public int[] Select(SnapshotRows rows)
    {
        var fits = Evaluate(rows);
        var chosen = new int[fits.AsSpan().Count(true)];
        var n = 0;
        for (var i = 0; i < fits.Length; i++)
        {
            if (fits[i])
                chosen[n++] = i;
        }
        return chosen;
    }
}
