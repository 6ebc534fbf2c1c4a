using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr.Tests;

/// <summary>Against what the target's own runtime says of itself.</summary>
public sealed class GenerationTests
{
    [Theory]
    [InlineData("workstation, regions")]
    [InlineData("server, regions", "DOTNET_gcServer=1")]
    [InlineData("workstation, segments", "DOTNET_GCName=libclrgc.so")]
    [InlineData("server, segments", "DOTNET_gcServer=1", "DOTNET_GCName=libclrgc.so")]
    public void Every_object_lies_in_the_generation_its_runtime_puts_it_in(string kindOfHeap, params string[] settings)
    {
        using var target = ClrTarget.Start(settings: settings);
        var (snapshot, report) = target.Capture();
        report.ShouldSatisfyAllConditions(
            r => r.WhyNotBetter.ShouldBeNull(),
            r => r.Evidence.ShouldBe(ManagedEvidence.Debugger),
            r => r.IsServer.ShouldBe(kindOfHeap.StartsWith("server", StringComparison.Ordinal)),
            r => r.HasRegions.ShouldBe(kindOfHeap.EndsWith("regions", StringComparison.Ordinal)));
        foreach (var (address, kind) in target.Objects)
        {
            var range = report.Find(new Address(address)).ShouldNotBeNull($"{kind} object at {address:x} is in no range");
            range.ShouldSatisfyAllConditions(
                r => r.Kind.ShouldBe(kind, $"object at {address:x}"),
                r => r.State.ShouldBe(ManagedState.Used));
            var region = snapshot.Find(new Address(address)).ShouldNotBeNull();
            region.Type.ShouldBe(MemoryType.ManagedHeap);
        }
        snapshot.Find(new Address(target.Objects.First(o => o.Kind == ManagedKind.Large).Address))!.Value.Details.ShouldStartWith(".NET GC heap");
    }

    [Fact]
    public void Blocks_are_named_by_generation_and_state()
    {
        using var target = ClrTarget.Start();
        var (snapshot, _) = target.Capture();
        foreach (var (address, kind) in target.Objects)
        {
            var block = snapshot.BlockAt(snapshot.Blocks.IndexOf(new Address(address)));
            // A page that two ranges share belongs to the first.
            block.Label.ShouldBe(kind.Name(), $"block at {address:x}");
        }
        var labels = Enumerable.Range(0, snapshot.Blocks.Count).Select(i => snapshot.BlockAt(i).Label).ToHashSet();
        labels.ShouldContain("GC reserve");
        labels.ShouldContain("JIT code");
        labels.ShouldContain("GC bookkeeping");
    }

    [Fact]
    public void Sums_of_objects_equal_what_the_collector_counted()
    {
        using var target = ClrTarget.Start();
        var objects = target.Capture(new ClrOptions { Objects = true }).Report.Objects.ShouldNotBeNull();
        foreach (var (name, kind) in (IEnumerable<(string, ManagedKind)>)[("loh", ManagedKind.Large), ("poh", ManagedKind.Pinned)])
        {
            var counted = objects.Generations.Single(g => g.Kind == kind);
            var (size, fragmented) = target.After(name);
            (counted.Bytes + counted.FreeBytes, counted.FreeBytes).ShouldBe((size, fragmented), name);
        }
        objects.Generations.Single(g => g.Kind == ManagedKind.Generation2).FreeBytes.ShouldBe(target.After("gen2").Fragmented);
        objects.IsComplete.ShouldBeTrue($"{objects.SkippedBytes} bytes were skipped");
    }

    [Theory]
    [InlineData]
    [InlineData("DOTNET_gcServer=1")]
    [InlineData("DOTNET_GCName=libclrgc.so")]
    public void What_is_committed_is_what_the_collector_says_it_committed(params string[] settings)
    {
        using var target = ClrTarget.Start(settings: settings);
        target.Tell("gc");
        var (_, report) = target.Capture();
        // The collector does not count the frozen heap, which is the loader's, nor its own tables.
        var objects = report.Ranges.Where(r => r.State != ManagedState.Reserved && (r.Kind.HoldsObjects() && r.Kind != ManagedKind.Frozen || r.Kind == ManagedKind.FreeRegions));
        var committed = objects.Aggregate(0UL, (sum, r) => sum + r.Size);
        var said = target.Committed();
        committed.ShouldBeInRange(said, said + (256 << 10), "no more than what was committed for objects since");
    }

    [Fact]
    public void Counts_the_objects_of_each_type()
    {
        using var target = ClrTarget.Start();
        var options = new ClrOptions { Objects = true };
        var before = target.Capture(options).Report.Objects.ShouldNotBeNull();
        before.Types.Single(t => t.Name == "ClrTarget.Program+Old").ShouldBe(new TypeStatistics("ClrTarget.Program+Old", 100_000, 4_000_000));
        target.Tell("grow 5000");
        var after = target.Capture(options).Report.Objects.ShouldNotBeNull();
        var grown = ObjectDiff.Between(before, after).Single(c => c.Name == "ClrTarget.Program+Grown");
        (grown.Count, grown.Bytes).ShouldBe((5000, 120_000));
        ObjectDiff.Between(before, after).ShouldNotContain(c => c.Name == "ClrTarget.Program+Old");
    }
}
