using VmAtlas.Capture.Linux.Annotators;
using VmAtlas.Capture.Linux.Tests.Annotators;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Odd;

/// <summary>A program half of whose memory was written out.</summary>
[Collection(ChangedMachine.Name)]
public sealed class SwapTests : IDisposable
{
    readonly SwapSpace _swap = new();

    public void Dispose() => _swap.Dispose();

    [Fact]
    public void Swapped_memory_is_counted_and_the_counters_of_the_kernel_are_explained()
    {
        Assert.SkipWhen(_swap.WhyNot is not null, _swap.WhyNot ?? "");
        using var running = TestTarget.Start("zoo_swap");
        running.Stop();
        using var target = new LinuxTarget(running.Pid) { ReadsRollup = true };
        Snapshot snapshot = null!;
        KernelTruth.Eventually(() =>
        {
            snapshot = new CapturePipeline(target, LinuxAnnotators.All).Capture();
            KernelTruth.TotalsEqualTheKernels(snapshot);
        });
        var (own, shared) = (snapshot.RegionOf(running.Range("own")), snapshot.RegionOf(running.Range("shared")));
        foreach (var region in (Region[])[own, shared])
        {
            region.Get(Measure.Swap).ShouldBeGreaterThan(0UL, region.Details);
            (region.Get(Measure.Swap) + region.Get(Measure.TotalWs)).ShouldBe(8UL << 20, region.Details);
        }
        own.Get(Measure.Private).ShouldBe(8UL << 20);
        var pages = new PageState[2048];
        target.TryReadPages(own.Range(), pages).ShouldBeTrue();
        ((ulong)pages.Count(p => p.HasFlag(PageState.Swapped)) << 12).ShouldBe(own.Get(Measure.Swap));

        var lines = Reconciliation.Of(snapshot).Where(l => l.Counter == "VmSwap").ToList();
        lines.Single(l => l.What == "Swap of private mappings").Agreement.ShouldBeOneOf(Agreement.Equal, Agreement.WithinTolerance);
        var all = lines.Single(l => l.What == "Swap");
        (all.Agreement, all.Cause).ShouldBe((Agreement.ByNature, "VmSwap does not count swapped shared memory"));
    }
}
