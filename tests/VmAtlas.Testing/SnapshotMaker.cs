using VmAtlas.Model;

namespace VmAtlas.Testing;

/// <summary>Makes snapshots of processes that never were: <c>new SnapshotMaker().Add(MemoryType.Heap, "[heap]", new BlockSpec(…)).Make()</c>.</summary>
public sealed class SnapshotMaker
{
    sealed record RegionSpec(MemoryType Type, string Details, string Reason, BlockSpec[] Blocks, (string Key, string Value)[] Facts);

    readonly List<RegionSpec> _regions = [];

    public StringTable Strings { get; init; } = new();

    public ProcessFacts Process { get; init; } = new()
    {
        Pid = 4711, Name = "sample", Command = "/usr/bin/sample --serve", Executable = "/usr/bin/sample", User = "ann", ParentPid = 1,
        StartedAt = new DateTimeOffset(2025, 3, 1, 12, 0, 0, TimeSpan.Zero), Threads = 2, Architecture = "x86-64",
    };

    public SystemFacts System { get; init; } = new() { Kernel = "Linux 6.18.0", Host = "testhost", Architecture = "x86-64" };

    public DateTimeOffset TakenAt { get; init; } = new(2025, 3, 1, 12, 30, 0, TimeSpan.Zero);

    public AddressSpaceLayout Layout { get; init; } = new(new Address(0x10000), new Address(0x7ffffffff000), new ByteSize(0x100000));

    public ByteSize? PageTables { get; init; } = new ByteSize(0x24000);

    public Dictionary<string, ulong> Counters { get; } = [];

    /// <summary>What the snapshot knows; Size is always known.</summary>
    public IReadOnlyList<Measure> Known { get; init; } = Enum.GetValues<Measure>();

    public SnapshotMaker Add(MemoryType type, string details, params BlockSpec[] blocks) =>
        Add(type, details, $"the test says so: {type}", [], blocks);

    public SnapshotMaker Add(MemoryType type, string details, string reason, (string Key, string Value)[] facts, params BlockSpec[] blocks)
    {
        _regions.Add(new RegionSpec(type, details, reason, blocks, facts));
        return this;
    }

    /// <summary>Regions may have been added in any order; the laws are checked.</summary>
    public Snapshot Make()
    {
        var snapshot = MakeUnchecked();
        if (Laws.Check(snapshot).FirstOrDefault() is { } breach)
            throw new InvalidOperationException($"the made-up snapshot breaks a law: {breach}");
        return snapshot;
    }

    public Snapshot MakeUnchecked()
    {
        var (blocks, regions) = (new BlockTable(_regions.Sum(r => r.Blocks.Length)), new RegionTable());
        foreach (var measure in Known)
            blocks.MarkPresent(measure);
        var numbers = new Dictionary<RegionSpec, int>(ReferenceEqualityComparer.Instance as IEqualityComparer<RegionSpec>);
        foreach (var (region, block) in _regions.SelectMany(r => r.Blocks, (r, b) => (r, b)).OrderBy(x => x.b.Start))
        {
            if (!numbers.TryGetValue(region, out var number))
            {
                numbers[region] = number = regions.Add(region.Type, Strings.Intern(region.Details), Strings.Intern(region.Reason), 0);
                foreach (var (key, value) in region.Facts)
                    regions.AddFact(new RegionFact(number, Strings.Intern(key), Strings.Intern(value)));
            }
            block.Write(blocks, Strings, number);
            regions.SetSpan(number, regions.FirstBlocks[number] < 0 ? blocks.Count - 1 : regions.FirstBlocks[number], blocks.Count - 1);
        }
        return new Snapshot
        {
            Process = Process, System = System, TakenAt = TakenAt, Layout = Layout, Strings = Strings, Blocks = blocks, Regions = regions,
            PageTables = PageTables, Counters = Counters, Annotators = [new AnnotatorReport("Test", Ran: true, WhyNot: null, TimeSpan.Zero)],
        };
    }
}
