using System.CommandLine;
using System.Runtime.InteropServices;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Symbols;
using VmAtlas.Tracing;

namespace VmAtlas.Cli.Verbs;

/// <summary>Runs a command and records what it does with memory, with call stacks.</summary>
sealed class Trace : Verb
{
    const int TopSites = 10;

    readonly Argument<string[]> _command = new("command") { Description = "The command and its arguments, after --.", Arity = ArgumentArity.ZeroOrMore };
    readonly Option<string?> _output = new("--output", "-o") { Description = "The .vmatlas file to write; without one only the totals are shown at the end.", HelpName = "file" };
    readonly Option<string?> _sample = new("--sample") { Description = "Record one in so many bytes (512K costs next to nothing) instead of every operation.", HelpName = "size" };
    readonly Option<bool> _children = new("--children") { Description = "Trace the programs that the command starts, too." };
    readonly Option<string?> _symbols = new("--symbols") { Description = $"Folders with debug information, parted by colons; {SymbolPath.Variable} adds more.", HelpName = "folders" };

    public Trace()
        : base("trace", "Run a command and record its allocations with call stacks.")
    {
        foreach (var option in (Option[])[_output, _sample, _children, _symbols])
            Add(option);
        Add(_command);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas trace -o run.vmatlas -- ./server --port 80", "every operation from the first instruction on"),
        new("vmatlas trace -o run.vmatlas --sample 512K -- ./server", "at next to no cost"),
        new("vmatlas trace -- python3 script.py", "only the totals and the largest call sites"),
    ];

    public override string Notes =>
        "The command's input, output and exit code are its own; what vmatlas has to say goes to stderr. A command ended by a signal gives\n"
        + "128 + its number. Look at the file with sites, calltree, leaks, allocations, events, flamegraph, show.";

    public override int Run(ParseResult arguments, Session session)
    {
        var command = arguments.GetValue(_command) ?? [];
        if (command.Length == 0)
            throw new VmAtlasException(Failure.Usage, "there is no command to trace: vmatlas trace -o run.vmatlas -- command arguments");
        var options = new TraceOptions { SampleInterval = SampleInterval(arguments.GetValue(_sample)), FollowChildren = arguments.GetValue(_children) };
        using var file = arguments.GetValue(_output) is { } path ? TimelineFile.Create(path) : null;
        var writer = file is null ? null : new TraceWriter(file);
        var programs = new TracedPrograms(writer);
        int code;
        using (var progress = new ProgressLine(session))
        {
            code = RunCommand(command, options, programs, writer, file, progress);
            progress.Show("looking up names …");
            programs.Resolve(SymbolPath.Parse(arguments.GetValue(_symbols), session.Environment(SymbolPath.Variable)), root: null);
        }
        Report(arguments, session, programs);
        return code;
    }

    static int RunCommand(
        string[] command, TraceOptions options, TracedPrograms programs, TraceWriter? writer, TimelineWriter? file, ProgressLine progress)
    {
        using var trace = LaunchedTrace.Start(command, options, programs);
        // What the terminal sends reaches the command by itself: it decides what to do about it. What is sent to us alone is passed on.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static context => context.Cancel = true);
        using var quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, static context => context.Cancel = true);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => PassOn(context, 15));
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => PassOn(context, 1));
        using var maps = file is null ? null : MapsBeside.Start(trace.Pid, file, progress.Note);
        var end = Task.Run(trace.Wait);
        while (!((IAsyncResult)end).AsyncWaitHandle.WaitOne(TimeSpan.FromMilliseconds(500)))
        {
            writer?.Flush();
            var totals = programs.Totals();
            progress.Show($"live {Short(totals.Heap.LiveBytes)} in {totals.Heap.LiveCount:N0} blocks, {totals.Operations:N0} operations");
        }
        var (ending, value) = end.GetAwaiter().GetResult();
        return ending == TraceEnding.Killed ? 128 + value : value;

        void PassOn(PosixSignalContext context, int signal)
        {
            context.Cancel = true;
            trace.Signal(signal);
        }
    }

    void Report(ParseResult arguments, Session session, TracedPrograms programs)
    {
        if (programs.All.Count == 0)
            session.Note("the command did nothing that could be traced: it ended before it used memory, or it ignores LD_PRELOAD");
        if (arguments.GetValue(Json))
        {
            session.WriteJson(json => TraceReport.WriteJson(json, programs.All, arguments.GetValue(_output)));
            return;
        }
        using var text = new StringWriter { NewLine = "\n" };
        TraceReport.Write(new Screen(text, ColourDepth.None, session.Screen.Width), programs.All, arguments.GetValue(_output) is null ? TopSites : 0);
        session.Error.Write(text.ToString());
    }

    static ulong SampleInterval(string? text)
    {
        if (text is null)
            return 0;
        return ByteSize.TryParse(text, out var size) && size.Bytes is >= 1024 and <= 1UL << 40
            ? size.Bytes
            : throw new VmAtlasException(Failure.Usage, $"--sample takes a size from 1K to 1T, such as 512K, not '{text}'");
    }

    static string Short(long bytes) => Figures.Short(new ByteSize(SiteTables.Bytes(bytes)));
}
