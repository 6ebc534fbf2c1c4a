using System.Globalization;
using VmAtlas.Model;

namespace VmAtlas.Formats.Import;

/// <summary>Collects what a foreign file says of one snapshot and makes the snapshot.</summary>
sealed class ForeignSnapshot
{
    const string Reason = "the imported file says so";

    readonly ImportProblems _problems;
    readonly ImportedRegions _regions;
    readonly StringTable _strings;

    public ForeignSnapshot(StringTable strings)
    {
        _strings = strings;
        _problems = new ImportProblems(strings);
        _regions = new ImportedRegions(_problems);
    }

    public StatedSummary Stated { get; } = new();

    public int Pid { get; set; }

    public string Name { get; set; } = "";

    public DateTimeOffset TakenAt { get; set; }

    public ulong? PageTables { get; set; }

    /// <summary>Columns the file has not; they are absent in the snapshot.</summary>
    public HashSet<Measure> Absent { get; } = [];

    public int Text(string text) => _strings.Intern(text);

    public void Add(in ImportedRow row) => _regions.Add(row);

    /// <param name="format">For people: "VMMap csv".</param>
    /// <exception cref="InvalidDataException">What the file says can not be.</exception>
    public Snapshot Build(string format)
    {
        var (blocks, regions) = _regions.Build(_strings, _strings.Intern(Reason));
        foreach (var measure in (ReadOnlySpan<Measure>)[Measure.Committed, Measure.Private, Measure.TotalWs, Measure.PrivateWs, Measure.SharedWs, Measure.LockedWs])
        {
            if (!Absent.Contains(measure))
                blocks.MarkPresent(measure);
        }
        var tables = PageTables ?? (Stated[MemoryType.PageTable] is { } row ? row.Sizes.Size : null);
        var (layout, problems) = (ImportedLayout.Find(blocks, regions, Stated), new List<Problem>());
        var snapshot = new Snapshot
        {
            Process = new ProcessFacts { Pid = Pid, Name = Name },
            System = new SystemFacts { Kernel = $"not known ({format})" },
            Layout = layout,
            TakenAt = TakenAt,
            Strings = _strings,
            Blocks = blocks,
            Regions = regions,
            PageTables = tables is { } bytes ? new ByteSize(bytes) : null,
            Counters = Counters(),
            Annotators = [new AnnotatorReport("Import", Ran: true, WhyNot: null, TimeSpan.Zero)],
            Problems = problems,
        };
        Plausible.Check(snapshot);
        CompareSummary(snapshot);
        problems.AddRange(_problems.All);
        return snapshot;
    }

    /// <summary>What the file itself said, beside what its blocks add up to: "vmmap.Image.Private", and "vmmap.rows.Image.Private" of its region rows.</summary>
    Dictionary<string, ulong> Counters()
    {
        var counters = new Dictionary<string, ulong>();
        foreach (var (type, row) in Stated.Rows)
        {
            foreach (var measure in Vmmap.VmmapWords.Sizes)
                Say($"vmmap.{Word(type)}.{measure.JsonName()}", row.Sizes.Get(measure));
        }
        foreach (var ((type, measure), sum) in _problems.RegionSums.Where(s => s.Key.Measure != Measure.Size).OrderBy(s => s.Key))
        {
            if (Stated[type] is not null && sum >> 10 != Stated.Get(type, measure) >> 10)
                Say($"vmmap.rows.{Word(type)}.{measure.JsonName()}", sum);
        }
        return counters;

        void Say(string name, ulong value)
        {
            if (value != 0)
                counters[name] = value;
        }
    }

    void CompareSummary(Snapshot snapshot)
    {
        foreach (var (type, row) in Stated.Rows)
        {
            var ours = snapshot.Summary[type];
            foreach (var measure in Vmmap.VmmapWords.Sizes.Where(m => snapshot.Has(m)))
            {
                var stated = row.Sizes.Get(measure);
                if (ours.Measures[measure] >> 10 != stated >> 10)
                    _problems.CompareType(type, measure, stated, ours.Measures[measure], "the rows");
                var rows = _problems.RegionSums.GetValueOrDefault((type, measure), stated);
                if (rows >> 10 != stated >> 10)
                    _problems.CompareType(type, measure, stated, rows, "its region rows (not their blocks)");
            }
            CompareCounts(type, row, ours);
        }
    }

    void CompareCounts(MemoryType type, StatedRow stated, SummaryRow ours)
    {
        if (type is not (MemoryType.PageTable or MemoryType.Unusable) && (ours.Blocks ?? 0) != stated.Blocks)
            _problems.Add(ImportProblems.TypeDiffers, string.Create(CultureInfo.InvariantCulture,
                $"{type.Name()}: the file's summary says {stated.Blocks} blocks, the rows make {ours.Blocks ?? 0}"));
        if ((ours.Largest ?? 0) >> 10 != stated.Largest >> 10)
            _problems.Add(ImportProblems.TypeDiffers, string.Create(CultureInfo.InvariantCulture,
                $"{type.Name()}: the file's summary says that the largest has {stated.Largest >> 10} K, of the rows it has {(ours.Largest ?? 0) >> 10} K"));
    }

    static string Word(MemoryType type) => type.Name().Replace(" ", "", StringComparison.Ordinal);
}
