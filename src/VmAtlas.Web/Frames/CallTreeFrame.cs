using VmAtlas.Formats.Frame;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Web.Frames;

/// <summary>A call tree as a frame: a row a function (module, thread), its parent's before it; row 0 is the whole.</summary>
static class CallTreeFrame
{
    /// <summary>Columns "parent", "children" that have rows, "hidden" ones that have none, texts "label" and "module", "tid", and the figures of the row with all
    /// below it: "liveBytes", "liveCount", "totalBytes", "totalCount", "atPeakBytes", "temporaryCount"; "ownLiveBytes" and "ownTotalBytes" of
    /// the row alone.</summary>
    /// <param name="onlyTotals">See <see cref="TraceStore.HasOnlyTotals"/>: figures of what is live are left out.</param>
    /// <param name="most">Rows. Of more, those with the most bytes asked for, which with any row are its callers, too.</param>
    public static ColumnFrame Of(CallTree tree, int most, bool onlyTotals = false)
    {
        var rows = Choose(tree, most);
        var place = new int[tree.Count];
        for (var i = 0; i < rows.Length; i++)
            place[rows[i]] = i;
        var (children, hidden) = (new uint[rows.Length], new uint[rows.Length]);
        for (var row = 1; row < tree.Count; row++)
        {
            var parent = tree.Parent(row);
            if (parent == 0 || place[parent] > 0)
                (place[row] > 0 ? children : hidden)[place[parent]]++;
        }
        var texts = new FrameTexts();
        List<FrameColumn> columns =
        [
            FrameColumn.Signed("parent", "row", i => i == 0 ? -1 : place[tree.Parent(rows[i])]),
            FrameColumn.Unsigned("children", "", i => children[i]),
            FrameColumn.Unsigned("hidden", "", i => hidden[i]),
            FrameColumn.Unsigned("tid", "", i => (uint)tree.Label(rows[i]).Tid),
            texts.Column("label", rows.Length, i => i == 0 ? "all" : tree.Label(rows[i]).Text is { Length: > 0 } text ? text : "(unknown)"),
            texts.Column("module", rows.Length, i => tree.Label(rows[i]).Module),
            Figure("totalBytes", "B", f => f.TotalBytes),
            Figure("totalCount", "", f => f.TotalCount),
            FrameColumn.Doubles("ownTotalBytes", "B", i => tree.OwnFigures(rows[i]).TotalBytes),
        ];
        if (!onlyTotals)
        {
            columns.Add(Figure("liveBytes", "B", f => f.LiveBytes));
            columns.Add(Figure("liveCount", "", f => f.LiveCount));
            columns.Add(Figure("atPeakBytes", "B", f => f.AtPeakBytes));
            columns.Add(Figure("temporaryCount", "", f => f.TemporaryCount));
            columns.Add(FrameColumn.Doubles("ownLiveBytes", "B", i => tree.OwnFigures(rows[i]).LiveBytes));
        }
        return ColumnFrame.Of(rows.Length, columns, texts.All);

        FrameColumn Figure(string name, string unit, Func<SiteFigures, double> value) => FrameColumn.Doubles(name, unit, i => value(tree.Figures(rows[i])));
    }

    /// <summary>In order. A caller asked for at least as much as any it called, so that none is left out below which one is kept.</summary>
    static int[] Choose(CallTree tree, int most)
    {
        if (tree.Count <= most)
            return [.. Enumerable.Range(0, tree.Count)];
        var weights = new long[tree.Count];
        for (var row = 0; row < weights.Length; row++)
            weights[row] = tree.Figures(row).TotalBytes;
        var least = weights.OrderDescending().ElementAt(most);
        return [.. Enumerable.Range(0, tree.Count).Where(row => row == 0 || weights[row] > least)];
    }
}
