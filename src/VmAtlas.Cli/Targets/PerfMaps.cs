using VmAtlas.Model;

namespace VmAtlas.Cli.Targets;

/// <summary>What has runtimes write the names of the code they make to <c>/tmp/perf-PID.map</c>, as perf(1) reads them: variables of their environment, so that what a
/// script starts has them, too. Java 17 can by an option only (<c>-XX:+DumpPerfMapAtExit</c>): by variables it would say so on every start.</summary>
static class PerfMaps
{
    const string NodeOptions = "NODE_OPTIONS";

    public static Dictionary<string, string> Variables(Func<string, string?> environment) => new()
    {
        ["DOTNET_PerfMapEnabled"] = "3", // the map alone: 1 writes perfinfo-PID.map besides
        ["PYTHONPERFSUPPORT"] = "1",
        [NodeOptions] = $"{environment(NodeOptions)} --perf-basic-prof".TrimStart(),
    };

    /// <summary>Whether one of the runtimes that can is among a program's modules.</summary>
    public static bool NamesFor(IReadOnlyList<TraceModule> modules) =>
        modules.Any(m => Path.GetFileName(m.Path) is "node" || Path.GetFileName(m.Path).StartsWith("libnode.so", StringComparison.Ordinal));
}
