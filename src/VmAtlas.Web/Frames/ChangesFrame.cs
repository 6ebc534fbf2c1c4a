using VmAtlas.Formats.Frame;
using VmAtlas.Model;

namespace VmAtlas.Web.Frames;

/// <summary>A difference's rows as a frame for the page: a row a region of either snapshot, its measures the changes, signed.</summary>
/// <remarks>The columns are those of docs/frame.md and "change": 0 the same, 1 only in the later, 2 only in the earlier, 3 changed.</remarks>
static class ChangesFrame
{
    enum Change : byte
    {
        Same,
        Added,
        Removed,
        Changed,
    }

    public static ColumnFrame Of(SnapshotDiff diff)
    {
        var count = diff.Regions.Count;
        var measures = Enumerable.Range(0, Measures.Count).Select(m => (Measure)m).Where(diff.Has).ToArray();
        var texts = new Texts();
        List<FrameColumn> columns =
        [
            FrameColumn.Doubles("address", "address", i => RegionOf(diff, i).Start.Value),
            FrameColumn.Doubles("end", "address", i => RegionOf(diff, i).End.Value),
            FrameColumn.Signed("parent", "row", _ => -1),
            FrameColumn.Unsigned("children", "", _ => 0),
            FrameColumn.Unsigned("index", "", i => (uint)i),
            FrameColumn.Bytes("level", "", _ => 0),
            FrameColumn.Bytes("type", "", i => (byte)RegionOf(diff, i).Type),
            FrameColumn.Bytes("protection", "", i => (byte)RegionOf(diff, i).Protection),
            FrameColumn.Bytes("change", "", i => (byte)ChangeOf(diff, i, measures)),
            FrameColumn.Signed("blocks", "", i => BlocksDelta(diff, i)),
            texts.Column("details", count, i => RegionOf(diff, i).Details),
            texts.Column("reason", count, i => RegionOf(diff, i).Reason),
            texts.Column("annotator", count, i => RegionOf(diff, i).Annotator.Name),
            .. measures.Select(m => FrameColumn.Doubles(m.JsonName(), "B", i => diff.Delta(i, m))),
        ];
        return ColumnFrame.Of(count, columns, texts.All);
    }

    /// <summary>The bits of <see cref="MatchBits"/>: a change matches when the region it speaks of does, in the later snapshot if it is there.</summary>
    public static byte[] Matches(SnapshotDiff diff, FilterExpression filter)
    {
        var after = filter.Evaluate(new SnapshotRows(diff.After, RowLevel.Region));
        var before = filter.Evaluate(new SnapshotRows(diff.Before, RowLevel.Region));
        var fits = new bool[diff.Regions.Count];
        for (var i = 0; i < fits.Length; i++)
        {
            var change = diff.Regions[i];
            fits[i] = change.After >= 0 ? after[change.After] : before[change.Before];
        }
        return MatchBits.Of(fits, []);
    }

    /// <summary>The region a row speaks of: the later one, or the earlier where it is gone.</summary>
    static Region RegionOf(SnapshotDiff diff, int i)
    {
        var (before, after) = diff.Regions[i];
        return after >= 0 ? diff.After.RegionAt(after) : diff.Before.RegionAt(before);
    }

    static Change ChangeOf(SnapshotDiff diff, int i, Measure[] measures)
    {
        foreach (var measure in measures)
        {
            var kind = diff.KindOf(i, measure);
            if (kind != ChangeKind.Same)
                return kind switch { ChangeKind.Added => Change.Added, ChangeKind.Removed => Change.Removed, _ => Change.Changed };
        }
        return Change.Same;
    }

    static int BlocksDelta(SnapshotDiff diff, int i)
    {
        var (before, after) = diff.Regions[i];
        return (after < 0 ? 0 : diff.After.RegionAt(after).MappingCount) - (before < 0 ? 0 : diff.Before.RegionAt(before).MappingCount);
    }

    /// <summary>Texts of two snapshots under one numbering.</summary>
    sealed class Texts
    {
        readonly Dictionary<string, uint> _numbers = new() { [""] = 0 };

        public List<string> All { get; } = [""];

        public FrameColumn Column(string name, int count, Func<int, string> text)
        {
            var numbers = new uint[count];
            for (var i = 0; i < count; i++)
                numbers[i] = NumberOf(text(i));
            return FrameColumn.Unsigned(name, "string", i => numbers[i]);
        }

        uint NumberOf(string text)
        {
            if (_numbers.TryGetValue(text, out var number))
                return number;
            _numbers.Add(text, number = (uint)All.Count);
            All.Add(text);
            return number;
        }
    }
}
