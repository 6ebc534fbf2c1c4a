using System.Globalization;
using VmAtlas.Model;

namespace VmAtlas.Formats.Import;

/// <summary>Where a foreign file does not agree with itself, each place by name.</summary>
sealed class ImportProblems(StringTable strings)
{
    /// <summary>Beyond so many of a kind only their number is told.</summary>
    const int MostOfAKind = 2000;

    public const string TypeDiffers = "import-type-differs";

    static readonly Measure[] s_compared =
    [
        Measure.Size, Measure.Committed, Measure.Private, Measure.TotalWs, Measure.PrivateWs, Measure.ShareableWs, Measure.SharedWs, Measure.LockedWs,
    ];

    readonly List<Problem> _problems = [];
    readonly Dictionary<string, int> _counts = [];
    readonly Dictionary<(MemoryType, Measure), ulong> _regionSums = [];

    /// <summary>Sums of the region rows themselves; what the snapshot says are the sums of their blocks.</summary>
    public IReadOnlyDictionary<(MemoryType Type, Measure Measure), ulong> RegionSums => _regionSums;

    /// <summary>Those of whole types first: they are few and say most.</summary>
    public IReadOnlyList<Problem> All
    {
        get
        {
            var more = _counts.Where(c => c.Value > MostOfAKind).Select(c => new Problem(c.Key, $"and {c.Value - MostOfAKind} more of this kind"));
            return [.. _problems.OrderBy(p => p.Id == TypeDiffers ? 0 : 1), .. more];
        }
    }

    /// <summary>A region's own row against its blocks. VMMap's Private of images and of copy-on-write sections differ by nature.</summary>
    public void Compare(in ImportedRow region, List<ImportedRow> blocks)
    {
        foreach (var measure in s_compared)
        {
            var (stated, sum) = (region.Get(measure), 0UL);
            foreach (var block in blocks)
                sum = unchecked(sum + block.Get(measure));
            _regionSums[(region.Type, measure)] = unchecked(_regionSums.GetValueOrDefault((region.Type, measure)) + stated);
            if (sum >> 10 != stated >> 10)
                Add("import-region-differs", $"{Name(region)}: its row says {measure.Title()} {Kib(stated)}, its blocks add up to {Kib(sum)}, which is taken");
        }
    }

    public void CompareType(MemoryType type, Measure measure, ulong stated, ulong sum, string whose) =>
        Add(TypeDiffers, $"{type.Name()}: the file's summary says {measure.Title()} {Kib(stated)}, {whose} add up to {Kib(sum)}");

    public void FewerBlocks(in ImportedRow region, int blocks) =>
        Add("import-blocks-missing", $"{Name(region)}: its row says {region.Mappings} blocks, the file has {blocks} rows for them");

    public void Dropped(in ImportedRow row) =>
        Add("import-row-dropped", $"{Name(row)}: it is empty or lies within the row before, and is left out");

    public void Overlaps(in ImportedRow row) => Add("import-row-clipped", $"{Name(row)}: it begins within the row before, and is clipped");

    public void UnequalWorkingSet(in ImportedRow row) =>
        Add("import-ws-differs", $"{Name(row)}: Total WS {Kib(row.TotalWs)} is not Private WS + Shareable WS, whose sum is taken");

    public void Add(string id, string message)
    {
        var count = _counts[id] = _counts.GetValueOrDefault(id) + 1;
        if (count <= MostOfAKind)
            _problems.Add(new Problem(id, message));
    }

    string Name(in ImportedRow row)
    {
        var details = strings[row.Details];
        return $"{row.Type.Name()} at {new Address(row.Address)}{(details.Length == 0 ? "" : $" ({PrintableText.Of(details)})")}";
    }

    static string Kib(ulong bytes) => (bytes >> 10).ToString("N0", CultureInfo.InvariantCulture) + " K";
}
