using VmAtlas.Model;

namespace VmAtlas.Formats.Vmmap;

/// <summary>Where a report goes: csv and txt have the same rows and differ in how they write one.</summary>
interface IVmmapSink
{
    void Process(string name, int pid);

    void SummaryHeader();

    void Summary(string type, in SummaryRow row);

    void DetailsHeader();

    void Details(in VmmapRow row);

    void End();
}

/// <summary>What VMMap saves of a snapshot, in its order: process, summary, and each region with its blocks.</summary>
static class VmmapReport
{
    public static void Write(Snapshot snapshot, IVmmapSink sink, bool gaps)
    {
        sink.Process(snapshot.Process.Name, snapshot.Process.Pid);
        sink.SummaryHeader();
        sink.Summary("Total", snapshot.Summary.Total);
        for (var t = 0; t < MemoryTypes.Count; t++)
            sink.Summary(((MemoryType)t).Name(), snapshot.Summary[(MemoryType)t]);
        sink.DetailsHeader();
        WriteDetails(snapshot, sink, gaps ? snapshot.Gaps.Count : 0);
        sink.End();
    }

    /// <summary>Regions by address, gaps between them where asked for.</summary>
    static void WriteDetails(Snapshot snapshot, IVmmapSink sink, int gaps)
    {
        var gap = 0;
        for (var r = 0; r < snapshot.Regions.Count; r++)
        {
            var region = snapshot.RegionAt(r);
            for (; gap < gaps && snapshot.Gaps.Range(gap).Start < region.Start; gap++)
                WriteGap(snapshot, gap, sink);
            WriteRegion(region, sink);
        }
        for (; gap < gaps; gap++)
            WriteGap(snapshot, gap, sink);
    }

    static void WriteRegion(Region region, IVmmapSink sink)
    {
        var type = VmmapWords.RowType(region.Type, region.Protection.IsShared());
        sink.Details(new VmmapRow
        {
            Address = region.Start.Value,
            Type = type,
            Measures = region.GetAll(),
            Blocks = region.MappingCount,
            Protection = Greatest(region),
            Details = region.Details,
        });
        foreach (var block in region.Blocks)
        {
            sink.Details(new VmmapRow
            {
                Address = block.Range.Start.Value,
                IsBlock = true,
                Type = type,
                Measures = block.GetAll(),
                Protection = block.Protection.ToVmmapText(block.Facts),
                Details = block.Label,
            });
        }
    }

    static void WriteGap(Snapshot snapshot, int gap, IVmmapSink sink)
    {
        var measures = new MeasureSet();
        measures.Set(Measure.Size, snapshot.Gaps.Range(gap).Size.Bytes);
        sink.Details(new VmmapRow
        {
            Address = snapshot.Gaps.Range(gap).Start.Value,
            Type = snapshot.Gaps.Type(gap).Name(),
            Measures = measures,
            Protection = "",
            Details = "",
        });
    }

    /// <summary>VMMap's rule for a region: the numerically greatest Windows constant among its blocks.</summary>
    static string Greatest(Region region)
    {
        var (greatest, rank) = ((Protection.None, BlockFlags.None), 0u);
        foreach (var block in region.Blocks)
        {
            if (PageConstants.Of(block.Protection, block.Facts) is var constant && constant >= rank)
                (greatest, rank) = ((block.Protection, block.Facts), constant);
        }
        return greatest.Item1.ToVmmapText(greatest.Item2);
    }
}
