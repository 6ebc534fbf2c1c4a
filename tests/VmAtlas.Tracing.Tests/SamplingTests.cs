using VmAtlas.Model;

namespace VmAtlas.Tracing.Tests;

public sealed class SamplingTests
{
    [Fact]
    public void Estimates_are_unbiased()
    {
        const int Runs = 40;
        var (totals, lives, counts) = (new List<double>(), new List<double>(), new List<double>());
        TraceRun run = null!;
        for (var i = 0; i < Runs; i++)
        {
            run = TraceRun.Of(new TraceOptions { SampleInterval = 64 << 10 }, TraceRun.Target("sampler"), "20000");
            var allocations = run.Program.Kept.Where(e => e.Operation == TraceOperation.Allocate).ToList();
            totals.Add(allocations.Sum(e => e.Weight * e.Size));
            counts.Add(allocations.Where(e => e.Size >= 1000).Sum(e => e.Weight));
            lives.Add(run.Program.Live.Values.Sum(e => e.Weight * e.Size));
            run.Program.UnknownFrees.ShouldBe(0);
        }
        // The mean of the runs has to lie within four of its own standard errors of the truth.
        ShouldEstimate(totals, run.Numbers("total").Single());
        ShouldEstimate(lives, run.Numbers("live").Single());
        ShouldEstimate(counts, run.Numbers("blocks").Single() * 3 / 5);
        run.Program.Kept.Count.ShouldBeLessThan(8000);
    }

    [Fact]
    public void A_large_block_is_always_seen()
    {
        var run = TraceRun.Of(new TraceOptions { SampleInterval = 4096 }, TraceRun.Target("api_zoo"));
        run.Program.Kept.ShouldContain(e => e.Size == 200000001 && e.Weight < 1.0001);
        run.Program.Kept.ShouldContain(e => e.Operation == TraceOperation.Map);
    }

    static void ShouldEstimate(List<double> estimates, double truth)
    {
        var mean = estimates.Average();
        var error = Math.Sqrt(estimates.Sum(e => (e - mean) * (e - mean)) / (estimates.Count - 1) / estimates.Count);
        Math.Abs(mean - truth).ShouldBeLessThan(4 * error, $"mean {mean:F0}, truth {truth:F0}, standard error {error:F0}");
        (error / truth).ShouldBeLessThan(0.05);
    }
}
