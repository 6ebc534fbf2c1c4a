using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Tracing.Tests;

/// <summary>A target traced from its start to its end. What it prints goes to a file: it is started by a shell that becomes it.</summary>
sealed class TraceRun
{
    TraceRun(Collected seen, (TraceEnding Ending, int Value) end, string said) =>
        (Seen, End, Said) = (seen, end, said);

    public Collected Seen { get; }

    public (TraceEnding Ending, int Value) End { get; }

    public string Said { get; }

    /// <summary>The program itself, after the shell.</summary>
    public CollectedProgram Program => Seen.Programs.Last(p => p.Process.Pid == Seen.First.Process.Pid);

    public IEnumerable<long> Numbers(string key) => Said.Split('\n')
        .Where(l => l.StartsWith(key + " ", StringComparison.Ordinal)).Select(l => long.Parse(l[(key.Length + 1)..]));

    public static string Target(string name) => Path.Combine(Repository.Targets, "trace_" + name);

    public static TraceRun Of(string name, params string[] arguments) => Of(default, Target(name), arguments);

    public static TraceRun Of(TraceOptions options, string program, params string[] arguments)
    {
        if (Path.IsPathRooted(program) && !File.Exists(program))
            Assert.Skip($"{program} is not there");
        var output = Path.GetTempFileName();
        try
        {
            var seen = new Collected();
            using var trace = LaunchedTrace.Start(["/bin/sh", "-c", $"exec \"$0\" \"$@\" >{output} 2>&1 </dev/null", program, .. arguments], options, seen);
            var end = trace.Wait();
            return new TraceRun(seen, end, File.ReadAllText(output));
        }
        finally
        {
            File.Delete(output);
        }
    }
}
