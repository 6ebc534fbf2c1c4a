using VmAtlas.Model;

namespace VmAtlas.Formats.Frame;

/// <summary>The columns of texts. Their values are made at once, because the header before them holds the texts they use.</summary>
sealed class TextColumns
{
    readonly List<(string Name, uint[] Values)> _columns = [];

    public TextColumns(Snapshot snapshot, FrameRows rows, FrameStrings strings)
    {
        var (blocks, regions) = (snapshot.Blocks, snapshot.Regions);
        Add("details", rows, r => r.IsGap || r.IsBlock ? 0 : strings.Of(regions.Details[r.Region]));
        Add("reason", rows, r => r.IsGap || r.IsBlock ? 0 : strings.Of(regions.Reasons[r.Region]));
        Add("annotator", rows, r => r.IsGap || r.IsBlock || snapshot.Annotators.Count == 0 ? 0 : strings.Of(snapshot.Annotators[regions.Annotators[r.Region]].Name));
        Add("label", rows, r => r.Block < 0 ? 0 : strings.Of(blocks.Labels[r.Block]));
        Add("name", rows, r => r.Block < 0 ? 0 : strings.Of(blocks.Names[r.Block]));
        Add("vmFlags", rows, r => r.Block < 0 ? 0 : strings.OfFlags(blocks.Flags[r.Block]));
    }

    public IEnumerable<FrameColumn> Columns => _columns.Select(c => FrameColumn.Unsigned(c.Name, "string", row => c.Values[row]) with { IsZero = !c.Values.AsSpan().ContainsAnyExcept(0u) });

    void Add(string name, FrameRows rows, Func<FrameRow, uint> number)
    {
        var values = new uint[rows.Count];
        var all = rows.All;
        for (var r = 0; r < values.Length; r++)
            values[r] = number(all[r]);
        _columns.Add((name, values));
    }
}
