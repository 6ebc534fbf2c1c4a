using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;
using VmAtlas.Model.Managed;

namespace VmAtlas.Formats.Tests.Vmatlas;

/// <summary>Counts of objects in a file.</summary>
public sealed class ObjectTests
{
    [Fact]
    public void Objects_come_back_as_they_were_and_where_none_were_counted_there_are_none()
    {
        var maker = new RandomSnapshots(91).With(40);
        HeapStatistics?[] counted = [null, Objects(3), Objects(500), null, Objects(499), Objects(499)];
        var taken = counted.Select(c => c is null ? maker.Age(3).Take() : maker.Age(3).Take().With(c)).ToList();
        using var timeline = Read(taken);
        for (var i = 0; i < counted.Length; i++)
        {
            var loaded = timeline.Load(i);
            loaded.ShouldSayTheSameAs(taken[i]);
            (loaded.Objects is null).ShouldBe(counted[i] is null, $"snapshot {i}");
            loaded.Objects?.Types.ShouldBe(counted[i]!.Types);
            loaded.Objects?.Generations.ShouldBe(counted[i]!.Generations);
            loaded.Objects?.SkippedBytes.ShouldBe(counted[i]!.SkippedBytes);
        }
    }

    [Fact]
    public void A_count_no_heap_can_have_is_refused()
    {
        var most = Objects(1) with { Types = [new TypeStatistics("T", (1L << 41) + 1, 24)] };
        using var timeline = Read([new RandomSnapshots(92).With(5).Take().With(most)]);
        Should.Throw<VmAtlasException>(() => timeline.Load(0)).Message.ShouldContain("more than a heap can hold");
    }

    static TimelineReader Read(IReadOnlyList<Snapshot> snapshots)
    {
        var stream = new MemoryStream();
        var writer = new TimelineWriter(stream, "test");
        foreach (var snapshot in snapshots)
            writer.Append(snapshot);
        return new TimelineReader(stream, "test", ReaderLimits.Default);
    }

    static HeapStatistics Objects(int types) => new()
    {
        Types = [.. Enumerable.Range(1, types).Select(i => new TypeStatistics($"Type<{i}>[]", i * 7, (types - i + 1) * 240L))],
        Generations = [new(ManagedKind.Generation0, 1, 24, 2, 48), new(ManagedKind.Large, 3, 5, 7, 9), new(ManagedKind.Frozen, 1, 1, 0, 0)],
        SkippedBytes = types * 8,
    };
}
