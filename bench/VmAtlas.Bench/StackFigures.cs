using System.Diagnostics;
using System.Globalization;
using VmAtlas.Capture;
using VmAtlas.Capture.Linux;
using VmAtlas.Capture.Linux.Annotators;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Bench;

/// <summary>What finding every thread's stack costs, its exact bounds and name, in a process with very many.</summary>
static class StackFigures
{
    const double MostMilliseconds = 10;

    public static int Run(string[] sizes)
    {
        var threads = sizes.Length > 0 ? int.Parse(sizes[0], CultureInfo.InvariantCulture) : 1000;
        using var program = TestTarget.Start("zoo_threads", threads.ToString(CultureInfo.InvariantCulture), "plain");
        using var target = new LinuxTarget(program.Pid);
        var (quick, names, bounds) = Measure(target, CaptureOptions.Quick, out var found);
        var (full, _, _) = Measure(target, CaptureOptions.Full, out _);
        Console.WriteLine($"{threads:N0} threads, {found:N0} stacks, medians of wall times, captures and names by turns:");
        Console.WriteLine($"  exact bounds and guards          {bounds,8:0.00} ms  goal {MostMilliseconds} {(bounds <= MostMilliseconds ? "met" : "MISSED")}");
        Console.WriteLine($"  the names alone                  {names,8:0.00} ms");
        Console.WriteLine($"  both                             {quick,8:0.00} ms");
        Console.WriteLine($"  and how deep each is and was     {full,8:0.00} ms");
        return bounds <= MostMilliseconds ? 0 : 1;
    }

    static double Median(IEnumerable<double> times) => times.Order().ElementAt(times.Count() / 2);

    /// <summary>What the stacks take of a capture, what their names take alone, and the first without the second.</summary>
    static (double Whole, double Names, double Bounds) Measure(LinuxTarget target, CaptureOptions options, out int stacks)
    {
        var pipeline = new CapturePipeline(target, LinuxAnnotators.All, null, options);
        var times = new List<(double Whole, double Names)>();
        for (var round = -40; round < 25; round++)
        {
            var whole = pipeline.Capture().Annotators.Single(a => a.Name == "Stack").Took.TotalMilliseconds;
            var tids = target.ThreadIds;
            var clock = Stopwatch.StartNew();
            target.ThreadNames(tids);
            if (round >= 0)
                times.Add((whole, clock.Elapsed.TotalMilliseconds));
        }
        stacks = pipeline.Capture().Regions.Types.Count(MemoryType.Stack);
        return (Median(times.Select(t => t.Whole)), Median(times.Select(t => t.Names)), Median(times.Select(t => t.Whole - t.Names)));
    }
}
