using System.Diagnostics;
using System.Runtime.InteropServices;

namespace VmAtlas.Bench.Symbols;

/// <summary>Both in turns, from the start of the process to its end; medians of wall time and of CPU time. The goal is the wall time of llvm-symbolizer.</summary>
static unsafe partial class Comparison
{
    const double Goal = 1.0;

    /// <returns>Whether the goal was met.</returns>
    public static bool Run(string folder, int rounds)
    {
        var (program, addresses) = (Path.Combine(folder, "big"), Path.Combine(folder, "addresses"));
        var input = File.ReadAllText(addresses);
        var (ours, theirs) = (new List<(double Wall, double Cpu)>(), new List<(double Wall, double Cpu)>());
        for (var round = -1; round < rounds; round++)
        {
            var us = Time(Environment.ProcessPath!, ["resolve", program, addresses], "");
            var them = Time("llvm-symbolizer", [$"--obj={program}", "--inlines"], input);
            if (round < 0)
                continue;
            ours.Add(us);
            theirs.Add(them);
        }
        var ratio = Median(ours, t => t.Wall) / Median(theirs, t => t.Wall);
        Console.WriteLine($"{new FileInfo(program).Length / 1_000_000} MB, {input.AsSpan().Count('\n')} addresses, median of {rounds}, whole processes");
        Console.WriteLine($"  llvm-symbolizer {Median(theirs, t => t.Wall),7:0} ms wall {Median(theirs, t => t.Cpu),7:0} ms CPU");
        Console.WriteLine($"  VmAtlas         {Median(ours, t => t.Wall),7:0} ms wall {Median(ours, t => t.Cpu),7:0} ms CPU");
        Console.WriteLine($"  ratio {ratio:0.00} of wall time, {Median(ours, t => t.Cpu) / Median(theirs, t => t.Cpu):0.00} of CPU time, goal {Goal:0.00} {(ratio <= Goal ? "met" : "MISSED")}");
        return ratio <= Goal;
    }

    static (double Wall, double Cpu) Time(string program, string[] arguments, string input)
    {
        var (clock, cpu) = (Stopwatch.StartNew(), CpuOfChildren());
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        var wall = clock.Elapsed.TotalMilliseconds;
        if (process.ExitCode != 0 || output.Result.Length == 0)
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}");
        return (wall, CpuOfChildren() - cpu);
    }

    /// <summary>Milliseconds of all processes that were waited for: getrusage(2) begins with the time of user and of system, seconds and microseconds.</summary>
    static double CpuOfChildren()
    {
        const int RusageChildren = -1, Words = 18;
        var usage = stackalloc long[Words];
        if (getrusage(RusageChildren, usage) != 0)
            throw new InvalidOperationException("getrusage failed");
        return (usage[0] + usage[2]) * 1000.0 + (usage[1] + usage[3]) / 1000.0;
    }

    [LibraryImport("libc")]
    private static partial int getrusage(int who, long* usage);

    static double Median(List<(double Wall, double Cpu)> times, Func<(double Wall, double Cpu), double> figure) => times.Select(figure).Order().ElementAt(times.Count / 2);
}
