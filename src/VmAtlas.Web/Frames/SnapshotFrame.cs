using VmAtlas.Model;

namespace VmAtlas.Web.Frames;

/// <summary>A snapshot's rows as a frame for the page.</summary>
static class SnapshotFrame
{
    public static Task Write(Snapshot snapshot, Stream stream)
    {
        var order = RowOrder.Of(snapshot);
        var frame = new FrameWriter(order.Count);
        frame.Add("kind", Array.ConvertAll(order.Kinds.ToArray(), k => (byte)k));
        frame.Add("parent", order.Parents.ToArray());
        frame.Add("source", order.Sources.ToArray());
        AddPlaces(frame, snapshot, order);
        AddWords(frame, snapshot, order);
        for (var m = 0; m < Measures.Count; m++)
        {
            if (snapshot.Has((Measure)m))
                AddMeasure(frame, snapshot, order, (Measure)m);
        }
        return frame.WriteTo(stream);
    }

    static void AddPlaces(FrameWriter frame, Snapshot snapshot, RowOrder order)
    {
        var (starts, ends) = (new double[order.Count], new double[order.Count]);
        var (types, blocks) = (new byte[order.Count], new int[order.Count]);
        for (var row = 0; row < order.Count; row++)
        {
            var source = order.Sources[row];
            switch (order.Kinds[row])
            {
                case RowKind.Region:
                    var region = snapshot.RegionAt(source);
                    (starts[row], ends[row], types[row], blocks[row]) = (region.Start.Value, region.End.Value, (byte)region.Type, region.MappingCount);
                    break;
                case RowKind.Block:
                    var range = snapshot.Blocks.Range(source);
                    (starts[row], ends[row], types[row]) = (range.Start.Value, range.End.Value, types[order.Parents[row]]);
                    break;
                default:
                    var gap = snapshot.Gaps.Range(source);
                    (starts[row], ends[row], types[row]) = (gap.Start.Value, gap.End.Value, (byte)snapshot.Gaps.Type(source));
                    break;
            }
        }
        frame.Add("address", starts);
        frame.Add("end", ends);
        frame.Add("type", types);
        frame.Add("blocks", blocks);
    }

    static void AddWords(FrameWriter frame, Snapshot snapshot, RowOrder order)
    {
        var (protections, details, reasons, annotators) = (new int[order.Count], new int[order.Count], new int[order.Count], new int[order.Count]);
        for (var row = 0; row < order.Count; row++)
        {
            var source = order.Sources[row];
            if (order.Kinds[row] == RowKind.Region)
            {
                var region = snapshot.RegionAt(source);
                protections[row] = frame.Text(region.Protection.ToVmmapText());
                details[row] = frame.Text(region.Details);
                reasons[row] = frame.Text(region.Reason);
                annotators[row] = frame.Text(region.Annotator.Name);
            }
            else if (order.Kinds[row] == RowKind.Block)
            {
                var block = snapshot.BlockAt(source);
                protections[row] = frame.Text(block.Protection.ToVmmapText());
                details[row] = frame.Text(block.Label);
            }
        }
        frame.AddTexts("protection", protections);
        frame.AddTexts("details", details);
        frame.AddTexts("reason", reasons);
        frame.AddTexts("annotator", annotators);
    }

    static void AddMeasure(FrameWriter frame, Snapshot snapshot, RowOrder order, Measure measure)
    {
        var (blocks, sums) = (snapshot.Blocks, new double[snapshot.Regions.Count]);
        var any = false;
        for (var i = 0; i < blocks.Count; i++)
        {
            var bytes = blocks.Get(measure, i);
            any |= bytes != 0;
            sums[blocks.Regions[i]] += bytes;
        }
        if (!any)
        {
            frame.AddZero(measure.JsonName());
            return;
        }
        var values = new double[order.Count];
        for (var row = 0; row < values.Length; row++)
        {
            var source = order.Sources[row];
            values[row] = order.Kinds[row] switch
            {
                RowKind.Region => sums[source],
                RowKind.Block => blocks.Get(measure, source),
                _ => measure == Measure.Size ? snapshot.Gaps.Range(source).Size.Bytes : 0,
            };
        }
        frame.Add(measure.JsonName(), values);
    }
}
