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
        var quick = Measure(target, CaptureOptions.Quick, out var found);
        var full = Measure(target, CaptureOptions.Full, out _);
        Console.WriteLine($"{threads:N0} threads, {found:N0} stacks, median of wall times:");
        var names = Names(target);
        var bounds = quick - names;
        Console.WriteLine($"  exact bounds and guards          {bounds,8:0.00} ms  goal {MostMilliseconds} {(bounds <= MostMilliseconds ? "met" : "MISSED")}");
        Console.WriteLine($"  the names alone                  {names,8:0.00} ms");
        Console.WriteLine($"  both                             {quick,8:0.00} ms");
        Console.WriteLine($"  and how deep each is and was     {full,8:0.00} ms");
        return bounds <= MostMilliseconds ? 0 : 1;
    }

    static double Names(LinuxTarget target)
    {
        var (tids, times) = (target.ThreadIds, new List<double>());
        for (var round = 0; round < 15; round++)
        {
            var clock = Stopwatch.StartNew();
            target.ThreadNames(tids);
            times.Add(clock.Elapsed.TotalMilliseconds);
        }
        return Median(times);
    }

    static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);

    static double Measure(LinuxTarget target, CaptureOptions options, out int stacks)
    {
        var pipeline = new CapturePipeline(target, LinuxAnnotators.All, null, options);
        var times = new List<double>();
        for (var round = -40; round < 15; round++)
        {
            var snapshot = pipeline.Capture();
            if (round >= 0)
                times.Add(snapshot.Annotators.Single(a => a.Name == "Stack").Took.TotalMilliseconds);
        }
        stacks = pipeline.Capture().Regions.Types.Count(MemoryType.Stack);
        return Median(times);
    }
}
