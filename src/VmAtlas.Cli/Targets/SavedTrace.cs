using System.CommandLine;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Formats.Profiles;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Symbols;
using VmAtlas.Tracing;

namespace VmAtlas.Cli.Targets;

/// <summary>The trace of a file that a verb works on: the one program in it, or the one chosen.</summary>
static class SavedTrace
{
    public static Argument<string> Argument() => new("file") { Description = "What 'vmatlas trace -o' wrote: x.vmatlas." };

    public static Option<int?> ProgramOption() => new("--pid")
    {
        Description = "Of several traced programs the one with this pid; the first unless given. After exec it is what the program became.", HelpName = "n",
    };

    /// <param name="symbols">Where names are looked for that the file lacks; nowhere when null.</param>
    /// <exception cref="VmAtlasException">No such file, no trace in it, or not of that pid.</exception>
    public static LoadedTrace Open(string path, int? pid, Session session, SymbolPath? symbols = null)
    {
        var (traces, problems) = LoadedTrace.ReadAll(path);
        foreach (var problem in problems)
            session.Note(problem.Message);
        if (traces.Count == 0)
            throw new VmAtlasException(Failure.NotFound, $"{path} has no trace in it: 'vmatlas trace -o {path} -- command' makes one");
        // A program that called exec is the one that it became.
        var chosen = traces.LastOrDefault(t => t.Store.Process.Pid == (pid ?? traces[0].Store.Process.Pid));
        if (chosen is null)
            throw NoTraceOf(path, pid, traces);
        if (symbols is not null)
            NamesAfterwards.LookUp(chosen.Frames, chosen.Store.CallNodes, chosen.Store.Modules, symbols);
        return chosen;
    }

    /// <summary>The trace of the process that a file's snapshots are of; null where it has none.</summary>
    /// <exception cref="VmAtlasException">The file asks for more than the limits allow.</exception>
    public static LoadedTrace? Beside(SavedTarget saved, int pid, SymbolPath? symbols)
    {
        if (saved.Timeline is not TimelineReader)
            return null;
        var trace = LoadedTrace.ReadAll(saved.File.Path).Traces.LastOrDefault(t => t.Store.Process.Pid == pid);
        if (trace is not null && symbols is not null)
            NamesAfterwards.LookUp(trace.Frames, trace.Store.CallNodes, trace.Store.Modules, symbols);
        return trace;
    }

    static VmAtlasException NoTraceOf(string path, int? pid, IReadOnlyList<LoadedTrace> traces) => new(Failure.NotFound,
        $"{path} has no trace of process {pid}: it has {string.Join(", ", traces.Select(t => $"{t.Store.Process.Pid} ({SiteTables.Command(t.Store.Process, 40)})").Distinct().Take(20))}");

    /// <summary>What was asked for; unless anything was, the total where nobody tells what is live.</summary>
    /// <exception cref="VmAtlasException">A word that means none.</exception>
    public static SiteValue Value(ParseResult arguments, Option<string> option, LoadedTrace trace) =>
        trace.Store.HasOnlyTotals && arguments.GetResult(option) is not { Implicit: false } ? SiteValue.TotalBytes : Value(arguments.GetRequiredValue(option));

    /// <summary>Says why what is live of a managed program's objects is not here.</summary>
    public static void NoteOnlyTotals(LoadedTrace trace, Session session)
    {
        if (trace.Store.HasOnlyTotals)
            session.Note("a runtime tells when an object is made, not when it dies: 'vmatlas managed' counts those that live, and with --since those that became more");
    }

    static SiteValue Value(string word) => word switch
    {
        "live" => SiteValue.LiveBytes,
        "count" => SiteValue.LiveCount,
        "total" => SiteValue.TotalBytes,
        "calls" => SiteValue.TotalCount,
        "peak" => SiteValue.AtPeakBytes,
        "temporary" => SiteValue.TemporaryCount,
        _ => throw new VmAtlasException(Failure.Usage, $"'{word}' is none of live, count, total, calls, peak and temporary"),
    };

    public static Option<string> ValueOption(string name, string description)
    {
        var option = new Option<string>(name) { Description = description + ": live (bytes), count, total, calls, peak or temporary.", HelpName = "what", DefaultValueFactory = _ => "live" };
        option.CompletionSources.Add("live", "count", "total", "calls", "peak", "temporary");
        return option;
    }
}
