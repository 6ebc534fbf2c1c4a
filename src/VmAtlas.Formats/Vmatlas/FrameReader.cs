using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>Makes a snapshot of a <see cref="FrameImage"/>: the mirror of <see cref="FrameWriter"/>. Believes nothing that could break a law.</summary>
/// <exception cref="InvalidDataException">The frame is whole, but what it says can not be.</exception>
static class FrameReader
{
    public static Snapshot Read(FrameImage frame, FileStrings strings, DateTimeOffset takenAt, Lazy<HeapReport>? heap = null)
    {
        var facts = new FactReader(Table(frame, "facts"), strings);
        var annotators = ReadAnnotators(Table(frame, "annotators"), strings);
        var blocks = BlockReader.Read(Table(frame, "blocks"), strings, facts.VmFlagBits());
        var regions = ReadRegions(Table(frame, "regions"), blocks, strings, annotators.Count);
        ReadRegionFacts(Table(frame, "regionFacts"), regions, strings);
        var snapshot = new Snapshot
        {
            Process = facts.Process,
            System = facts.System,
            Layout = facts.Layout,
            TakenAt = takenAt,
            Took = facts.Took,
            Strings = strings.Table,
            Blocks = blocks,
            Regions = regions,
            PageTables = facts.PageTables,
            Counters = ReadCounters(Table(frame, "counters"), strings),
            Annotators = annotators,
            Problems = ReadProblems(Table(frame, "problems"), strings),
            Heap = heap,
        };
        Plausible.Check(snapshot);
        return ObjectTables.Read(frame, strings) is { } objects ? snapshot.With(objects) : snapshot;
    }

    internal static TableImage Table(FrameImage frame, string name) =>
        frame.Find(name) ?? throw new InvalidDataException($"the table '{name}' is missing");

    static List<AnnotatorReport> ReadAnnotators(TableImage table, FileStrings strings)
    {
        if (table.Rows > byte.MaxValue + 1)
            throw new InvalidDataException($"{table.Rows} annotators are more than a region can name");
        var (names, ran, whyNot, took) = (table.Find("name"), table.Find("ran"), table.Find("whyNot"), table.Find("took"));
        var reports = new List<AnnotatorReport>(table.Rows);
        for (var i = 0; i < table.Rows; i++)
        {
            var reason = whyNot?[i] is { } text and > 0 ? strings.Text(text - 1) : null;
            var ticks = (long)Math.Min(took?[i] ?? 0, (ulong)TimeSpan.MaxValue.Ticks);
            reports.Add(new AnnotatorReport(strings.Text(names?[i] ?? 0), (ran?[i] ?? 0) != 0, reason, new TimeSpan(ticks)));
        }
        return reports;
    }

    static Dictionary<string, ulong> ReadCounters(TableImage table, FileStrings strings)
    {
        var (names, values) = (table.Find("name"), table.Find("value"));
        var counters = new Dictionary<string, ulong>();
        for (var i = 0; i < table.Rows; i++)
        {
            if (!counters.TryAdd(strings.Text(names?[i] ?? 0), values?[i] ?? 0))
                throw new InvalidDataException("a counter is there twice");
        }
        return counters;
    }

    internal static List<Problem> ReadProblems(TableImage table, FileStrings strings)
    {
        var (ids, messages) = (table.Find("id"), table.Find("message"));
        var problems = new List<Problem>();
        for (var i = 0; i < table.Rows; i++)
            problems.Add(new Problem(strings.Text(ids?[i] ?? 0), strings.Text(messages?[i] ?? 0)));
        return problems;
    }

    static RegionTable ReadRegions(TableImage table, BlockTable blocks, FileStrings strings, int annotators)
    {
        var (types, details, reasons, by) = (table.Find("type"), table.Find("details"), table.Find("reason"), table.Find("annotator"));
        if (table.Rows > blocks.Count)
            throw new InvalidDataException($"{table.Rows} regions can not share {blocks.Count} blocks");
        var regions = new RegionTable();
        regions.Reserve(table.Rows);
        for (var r = 0; r < table.Rows; r++)
        {
            var (type, annotator) = (types?[r] ?? 0, by?[r] ?? 0);
            if (type > (ulong)MemoryType.PrivateData)
                throw new InvalidDataException($"region {r} is of type {type}");
            if (annotator >= (ulong)annotators)
                throw new InvalidDataException($"region {r} names annotator {annotator} of {annotators}");
            regions.Add((MemoryType)type, strings.Of(details?[r] ?? 0), strings.Of(reasons?[r] ?? 0), (byte)annotator);
        }
        SetSpans(regions, blocks);
        return regions;
    }

    static void SetSpans(RegionTable regions, BlockTable blocks)
    {
        for (var i = 0; i < blocks.Count; i++)
        {
            var region = blocks.Regions[i];
            if (region >= regions.Count)
                throw new InvalidDataException($"block {i} begins region {region} of {regions.Count}");
            var first = regions.FirstBlocks[region];
            regions.SetSpan(region, first < 0 ? i : first, i);
        }
        if (regions.Count > 0 && regions.FirstBlocks[^1] < 0)
            throw new InvalidDataException($"region {regions.Count - 1} has no block");
    }

    static void ReadRegionFacts(TableImage table, RegionTable regions, FileStrings strings)
    {
        var (steps, keys, values) = (table.Find("regionStep"), table.Find("key"), table.Find("value"));
        var region = 0UL;
        for (var i = 0; i < table.Rows; i++)
        {
            region = unchecked(region + (steps?[i] ?? 0));
            if (region >= (ulong)regions.Count)
                throw new InvalidDataException($"a fact belongs to region {region} of {regions.Count}");
            regions.AddFact(new RegionFact((int)region, strings.Of(keys?[i] ?? 0), strings.Of(values?[i] ?? 0)));
        }
    }
}
