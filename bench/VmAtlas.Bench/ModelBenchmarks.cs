using BenchmarkDotNet.Attributes;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Bench;

/// <summary>What the command line and the page calculate from a snapshot of 500,000 regions.</summary>
[MemoryDiagnoser]
public class ModelBenchmarks
{
    readonly FilterExpression _filter = FilterExpression.Parse("type = heap and private > 10K and details ~ lib12");
    readonly FilterExpression _sets = FilterExpression.Parse("protection has x or flags has lo or label = .bss or name matches \"lib[0-9]+\"");
    Snapshot _snapshot = null!, _other = null!;
    SnapshotRows _rows;

    [GlobalSetup]
    public void Setup()
    {
        (_snapshot, _other) = (Snapshots.Large(seed: 1, 500_000), Snapshots.Large(seed: 2, 500_000));
        _rows = new SnapshotRows(_snapshot, RowLevel.Region);
    }

    [Benchmark]
    public Summary Summarise() => Summary.Of(_snapshot);

    [Benchmark]
    public int[] SortByNumber() => RowSort.By(_rows, Columns.Of(Measure.TotalWs), descending: true);

    [Benchmark]
    public int[] SortByText() => RowSort.By(_rows, Columns.Details);

    [Benchmark]
    public int[] Filter() => _filter.Select(_rows);

    [Benchmark]
    public int[] FilterSetsAndPatterns() => _sets.Select(_rows);

    [Benchmark]
    public AddressMap Map() => AddressMap.Of(_snapshot, 2000);

    [Benchmark]
    public SnapshotDiff Differ() => SnapshotDiff.Between(_snapshot, _other);
}
