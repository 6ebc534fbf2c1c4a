using VmAtlas.Formats.Frame;
using VmAtlas.Model;

namespace VmAtlas.Web.Frames;

/// <summary>A difference's rows as a frame for the page: a row a region of either snapshot, and its blocks, the measures the changes, signed.</summary>
/// <remarks>The columns are those of docs/frame.md and "change": 0 the same, 1 only in the later, 2 only in the earlier, 3 changed. "index" of
/// a region is its number in the difference, of a block its row's number: what <see cref="Matches"/> has bits for.</remarks>
sealed class ChangesFrame(SnapshotDiff diff)
{
    enum Change : byte
    {
        Same,
        Added,
        Removed,
        Changed,
    }

    readonly ChangeRow[] _rows = ChangeRows.Of(diff);
    readonly Measure[] _measures = [.. Enumerable.Range(0, Measures.Count).Select(m => (Measure)m).Where(diff.Has)];

    public SnapshotDiff Diff => diff;

    public ColumnFrame Frame()
    {
        var (texts, count) = (new FrameTexts(), _rows.Length);
        var changes = Changes();
        List<FrameColumn> columns =
        [
            FrameColumn.Doubles("address", "address", i => RangeOf(_rows[i]).Start.Value),
            FrameColumn.Doubles("end", "address", i => RangeOf(_rows[i]).End.Value),
            FrameColumn.Signed("parent", "row", i => _rows[i].Parent),
            FrameColumn.Unsigned("children", "", i => (uint)_rows[i].Children),
            FrameColumn.Unsigned("index", "", i => (uint)(_rows[i].IsBlock ? i : _rows[i].Change)),
            FrameColumn.Bytes("level", "", i => _rows[i].IsBlock ? (byte)1 : (byte)0),
            FrameColumn.Bytes("type", "", i => (byte)RegionOf(_rows[i]).Type),
            FrameColumn.Bytes("protection", "", i => (byte)(_rows[i].IsBlock ? BlockOf(_rows[i]).Protection : RegionOf(_rows[i]).Protection)),
            FrameColumn.Bytes("change", "", i => (byte)changes[i]),
            FrameColumn.Signed("blocks", "", i => _rows[i].IsBlock ? 0 : BlocksDelta(_rows[i].Change)),
            texts.Column("details", count, i => _rows[i].IsBlock ? "" : RegionOf(_rows[i]).Details),
            texts.Column("label", count, i => _rows[i].IsBlock ? BlockOf(_rows[i]).Label : ""),
            texts.Column("name", count, i => _rows[i].IsBlock ? BlockOf(_rows[i]).Name : ""),
            texts.Column("reason", count, i => _rows[i].IsBlock ? "" : RegionOf(_rows[i]).Reason),
            texts.Column("annotator", count, i => _rows[i].IsBlock ? "" : RegionOf(_rows[i]).Annotator.Name),
            .. _measures.Select(m => FrameColumn.Doubles(m.JsonName(), "B", i => Delta(_rows[i], m))),
        ];
        return ColumnFrame.Of(count, columns, texts.All);
    }

    /// <summary>The bits of <see cref="MatchBits"/>: a change matches when what it speaks of does, in the later snapshot if it is there.</summary>
    public byte[] Matches(FilterExpression filter)
    {
        var (regions, blocks) = (new bool[diff.Regions.Count], new bool[_rows.Length]);
        var (after, before) = (filter.Evaluate(new SnapshotRows(diff.After, RowLevel.Region)), filter.Evaluate(new SnapshotRows(diff.Before, RowLevel.Region)));
        for (var i = 0; i < regions.Length; i++)
        {
            var change = diff.Regions[i];
            regions[i] = change.After >= 0 ? after[change.After] : before[change.Before];
        }
        (after, before) = (filter.Evaluate(new SnapshotRows(diff.After, RowLevel.Block)), filter.Evaluate(new SnapshotRows(diff.Before, RowLevel.Block)));
        for (var i = 0; i < blocks.Length; i++)
        {
            if (_rows[i] is { IsBlock: true } row)
                blocks[i] = row.After >= 0 ? after[row.After] : before[row.Before];
        }
        return MatchBits.Of(regions, blocks);
    }

    long Delta(ChangeRow row, Measure measure) => row.IsBlock
        ? (row.After < 0 ? 0 : (long)diff.After.Blocks.Get(measure, row.After)) - (row.Before < 0 ? 0 : (long)diff.Before.Blocks.Get(measure, row.Before))
        : diff.Delta(row.Change, measure);

    /// <summary>The region a row speaks of: the later one, or the earlier where it is gone.</summary>
    Region RegionOf(ChangeRow row)
    {
        var (before, after) = diff.Regions[row.Change];
        return after >= 0 ? diff.After.RegionAt(after) : diff.Before.RegionAt(before);
    }

    Block BlockOf(ChangeRow row) => row.After >= 0 ? diff.After.BlockAt(row.After) : diff.Before.BlockAt(row.Before);

    AddressRange RangeOf(ChangeRow row) => row.IsBlock ? BlockOf(row).Range : new AddressRange(RegionOf(row).Start, RegionOf(row).End);

    /// <summary>A region whose sums are equal but whose blocks are not has changed too.</summary>
    Change[] Changes()
    {
        var changes = new Change[_rows.Length];
        for (var i = 0; i < _rows.Length; i++)
        {
            var row = _rows[i];
            changes[i] = row.IsBlock ? OfBlock(row) : OfRegion(row.Change);
            if (changes[i] == Change.Same && row.Children > 0)
                changes[i] = Change.Changed;
        }
        return changes;
    }

    Change OfRegion(int region)
    {
        foreach (var measure in _measures)
        {
            var kind = diff.KindOf(region, measure);
            if (kind != ChangeKind.Same)
                return kind switch { ChangeKind.Added => Change.Added, ChangeKind.Removed => Change.Removed, _ => Change.Changed };
        }
        return Change.Same;
    }

    Change OfBlock(ChangeRow row) => row.Before < 0 ? Change.Added
        : row.After < 0 ? Change.Removed
        : Array.Exists(_measures, m => Delta(row, m) != 0) || diff.Before.BlockAt(row.Before).Protection != diff.After.BlockAt(row.After).Protection ? Change.Changed
        : Change.Same;

    int BlocksDelta(int region)
    {
        var (before, after) = diff.Regions[region];
        return (after < 0 ? 0 : diff.After.RegionAt(after).MappingCount) - (before < 0 ? 0 : diff.Before.RegionAt(before).MappingCount);
    }
}
