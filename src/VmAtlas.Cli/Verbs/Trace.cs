using System.CommandLine;
using System.Runtime.CompilerServices;
using VmAtlas.Capture.Clr.Allocations;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Tracing;
using VmAtlas.Tracing.Windows;

namespace VmAtlas.Cli.Verbs;

/// <summary>Runs a command and records what it does with memory, with call stacks.</summary>
sealed class Trace : Verb
{
    const int TopSites = 10;

    readonly Argument<string[]> _command = new("command") { Description = "The command and its arguments, after --.", Arity = ArgumentArity.ZeroOrMore };
    readonly Option<string?> _attach = new("--attach") { Description = "Trace a running process instead, by pid or name, until Ctrl-C.", HelpName = "target" };
    readonly Option<string?> _for = new("--for") { Description = "With --attach: let go after so long: 30s, 5m.", HelpName = "time" };
    readonly Option<string?> _output = new("--output", "-o") { Description = "The .vmatlas file to write; without one only the totals are shown at the end.", HelpName = "file" };
    readonly Option<string?> _sample = new("--sample") { Description = "Record one in so many bytes (512K costs next to nothing) instead of every operation.", HelpName = "size" };
    readonly Option<bool> _children = new("--children") { Description = "Trace the programs that the command starts, too." };
    readonly Option<bool> _lastMap = new("--last-map") { Description = "With -o: the memory map of a command that a signal ends is read at its end, too; it is ptraced for that, as by a debugger." };
    readonly Option<bool> _managed = new("--managed") { Description = "The objects that a .NET program makes, sampled by its runtime; attached to a .NET process it is so unless --native." };
    readonly Option<bool> _native = new("--native") { Description = "What a .NET process's native code allocates; a command is traced so unless --managed." };
    readonly Option<bool> _perfMap = new("--perf-map") { Description = "Have the runtimes of a command (.NET, node, Python 3.12) write the names of the code they make to /tmp/perf-PID.map." };
    readonly Option<string?> _symbols = SymbolFolders.Option();

    public Trace()
        : base("trace", "Run a command, or attach to a process, and record its allocations with call stacks.")
    {
        foreach (var option in (Option[])[_attach, _for, _output, _sample, _children, _lastMap, _managed, _native, _perfMap, _symbols])
            Add(option);
        Add(_command);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas trace -o run.vmatlas -- ./server --port 80", "every operation from the first instruction on"),
        new("vmatlas trace -o run.vmatlas --sample 512K -- ./server", "at next to no cost"),
        new("vmatlas trace --attach 1234 --for 30s -o run.vmatlas", "a running process, which goes on afterwards"),
        new("vmatlas trace --managed -o run.vmatlas -- dotnet app.dll", "the objects of a .NET program, from the first on"),
        new("vmatlas trace -- python3 script.py", "only the totals and the largest call sites"),
    ];

    public override string Notes =>
        "The command's input, output and exit code are its own; what vmatlas has to say goes to stderr. A command ended by a signal gives "
        + "128 + its number. Of a .NET program the objects that are made are recorded by type and call, with --managed or when attached "
        + "(look at totals: nobody tells when one dies). Look at the file with sites, calltree, leaks, allocations, events, flamegraph, show.";

    public override int Run(ParseResult arguments, Session session)
    {
        var command = arguments.GetValue(_command) ?? [];
        var pid = arguments.GetValue(_attach) is { } target ? ProcessOf(target) : (int?)null;
        if (pid is null == (command.Length == 0))
            throw new VmAtlasException(Failure.Usage, "either a command is traced (vmatlas trace -- command arguments) or a process (vmatlas trace --attach pid)");
        if (OperatingSystem.IsWindows())
            RefuseWhatOnlyLinuxHas(arguments, isLaunch: pid is null);
        RefuseContradictions(arguments, isAttached: pid is not null);
        var options = new TraceOptions { SampleInterval = SampleInterval(arguments.GetValue(_sample)), FollowChildren = arguments.GetValue(_children), LookWhenKilled = LastMap(arguments, command) };
        if (arguments.GetValue(_perfMap))
            options = options with { Variables = PerfMaps.Variables(session.Environment) };
        TimeSpan? length = arguments.GetValue(_for) is { } time ? Durations.Parse(time, "--for") : null;
        var isManaged = arguments.GetValue(_managed)
            || pid is { } attached && !arguments.GetValue(_native) && options.SampleInterval == 0 && ManagedTrace.IsManaged(attached);
        // Before a file of the same name is lost.
        using var system = OperatingSystem.IsWindows() && !isManaged ? BeginSystem(pid) : null;
        if (!OperatingSystem.IsWindows())
            Require(command, pid, isManaged);
        using var file = arguments.GetValue(_output) is { } path ? TimelineFile.Create(path) : null;
        var writer = file is null ? null : new TraceWriter(file);
        var programs = new TracedPrograms(writer);
        using var progress = new ProgressLine(session);
        var running = new RunningTrace(programs, writer, file, progress);
        var code = system is not null ? RunSystem(system, new SystemTrace(programs, file, progress), command, pid, length, session.Cancellation)
            : pid is not { } process ? isManaged ? running.LaunchManaged(command, options.FollowChildren) : running.Launch(command, options)
            : isManaged ? running.AttachManaged(process, length, session.Cancellation)
            : running.Attach(process, options, length, session.Cancellation);
        if (!isManaged && system is null)
        {
            progress.Show("looking up names …");
            var root = pid is not null && Directory.Exists($"/proc/{pid}/root/") ? $"/proc/{pid}/root" : null;
            programs.Resolve(SymbolFolders.Of(arguments.GetValue(_symbols), session), root, running.Runtime);
        }
        progress.Clear();
        Report(arguments, session, programs);
        return code;
    }

    // Methods of their own, which do not tell what they make: what they use is shipped with vmatlas.exe only.
#pragma warning disable CA1859
    /// <param name="pid">Has to be there, and to let itself be read.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static IDisposable BeginSystem(int? pid)
    {
        if (pid is { } process)
            Platform.Current.Open(process).Dispose();
        return SystemSessions.Begin();
    }
#pragma warning restore CA1859

    [MethodImpl(MethodImplOptions.NoInlining)]
    static int RunSystem(IDisposable system, SystemTrace trace, string[] command, int? pid, TimeSpan? length, CancellationToken cancellation) =>
        pid is { } process ? trace.Attach((SystemSessions)system, process, length, cancellation) : trace.Launch((SystemSessions)system, command);

    void RefuseWhatOnlyLinuxHas(ParseResult arguments, bool isLaunch)
    {
        if (arguments.GetValue(_sample) is not null)
            throw new VmAtlasException(Failure.Usage, "--sample is there on Linux only: Windows tells every operation");
        if (arguments.GetValue(_perfMap) || arguments.GetValue(_lastMap))
            throw new VmAtlasException(Failure.Usage, "--perf-map and --last-map are there on Linux only");
        if (arguments.GetValue(_children))
            throw new VmAtlasException(Failure.Usage, "--children is there on Linux only: attach to the other process with --attach");
        if (isLaunch && arguments.GetValue(_managed))
            throw new VmAtlasException(Failure.Usage, "--managed takes a process on Windows: start the program, then vmatlas trace --attach its-pid");
    }

    /// <exception cref="VmAtlasException">What is asked for can not be done, as far as that can be known before.</exception>
    static void Require(string[] command, int? pid, bool managed)
    {
        if (command is [['-', ..] option, ..] && !File.Exists(option))
            throw new VmAtlasException(Failure.Usage, $"there is no option {option} ('vmatlas trace --help' shows what there is)");
        if (OperatingSystem.IsWindows())
            return; // it is asked when the trace begins
        if (pid is { } process && !managed)
            AttachedTrace.Require(process);
        else if (pid is null && managed)
            StartedProgram.Require(command[0]);
        else if (pid is null)
            LaunchedTrace.Require(command[0]);
    }

    /// <summary>An option that would have no effect is a mistake that somebody should hear of.</summary>
    void RefuseContradictions(ParseResult arguments, bool isAttached)
    {
        var managed = arguments.GetValue(_managed);
        if (!isAttached && arguments.GetValue(_for) is not null)
            throw new VmAtlasException(Failure.Usage, "--for is for --attach: a command is traced until it ends");
        if (isAttached && arguments.GetValue(_perfMap))
            throw new VmAtlasException(Failure.Usage, "--perf-map is for a command, in whose environment it is asked for; a .NET process that is attached to is asked for its methods at the end");
        if (managed && arguments.GetValue(_native))
            throw new VmAtlasException(Failure.Usage, "--managed and --native exclude each other: each is a trace of its own");
        if (managed && arguments.GetValue(_sample) is not null)
            throw new VmAtlasException(Failure.Usage, $"--sample is for native traces: a .NET runtime samples by itself, one in {Figures.Short(new ByteSize(ManagedTrace.Interval))}");
    }

    bool LastMap(ParseResult arguments, string[] command) => arguments.GetValue(_lastMap) switch
    {
        false => false,
        _ when command.Length == 0 || arguments.GetValue(_output) is null || arguments.GetValue(_managed) =>
            throw new VmAtlasException(Failure.Usage, "--last-map is for the native trace of a command that is kept in a file: vmatlas trace --last-map -o run.vmatlas -- command arguments"),
        _ => true,
    };

    static int ProcessOf(string target) => TargetSpec.Parse(target) switch
    {
        ProcessSpec process => process.Pid,
        NameSpec name => ProcessName.Find(name.Name),
        _ => throw new VmAtlasException(Failure.Usage, $"'{target}' is a saved file: only a running process can be attached to"),
    };

    void Report(ParseResult arguments, Session session, TracedPrograms programs)
    {
        if (programs.All.Count == 0)
            session.Note("nothing was traced: the program ended before it used memory, or it ignores LD_PRELOAD");
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
}
