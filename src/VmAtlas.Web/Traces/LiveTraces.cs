using VmAtlas.Capture.Clr.Allocations;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Symbols;
using VmAtlas.Tracing;
using VmAtlas.Web.Sessions;

namespace VmAtlas.Web.Traces;

/// <summary>The traces of a process that is looked at: those that were begun since, one after the other, each with the programs it followed.</summary>
/// <param name="writer">Into the file that keeps the process's snapshots, too.</param>
/// <param name="file">That file.</param>
/// <param name="length">Bytes of it.</param>
/// <param name="symbols">Where debug information is looked for.</param>
sealed class LiveTraces(TraceWriter writer, string file, Func<long> length, SymbolSetting symbols) : TargetTraces, ITraceObserver
{
    /// <summary>Of a larger file the views have figures, but no more events.</summary>
    public const long MostBytes = 4L << 30;

    readonly Lock _lock = new();
    readonly List<ProgramTrace> _programs = [];

    /// <summary>Those of the objects of .NET programs; more may come while a launched program starts others.</summary>
    readonly List<Func<IReadOnlyList<ManagedTrace>>> _managed = [];
    ManagedLaunch? _launch;
    RunningTrace? _running;
    (SymbolFrames Frames, SymbolPath Path)? _symbols;

    /// <summary>What the target calls "/", where that may be another than ours.</summary>
    string? _root;

    /// <summary>A trace has ended, by itself or because it was told to.</summary>
    public event Action? Ended;

    /// <summary>How long a thread of the target stood still when the last trace was attached; null for one that was launched with it.</summary>
    public TimeSpan? Stopped { get; private set; }

    /// <summary>Why the last trace ended otherwise than it should have.</summary>
    public string? Problem { get; private set; }

    /// <summary>When the trace that runs has ended and all it saw is told; at once when none does.</summary>
    public Task End => _running?.End ?? Task.CompletedTask;

    public override bool IsRunning => _running is not null;

    public override int Count
    {
        get
        {
            lock (_lock)
                return _programs.Count;
        }
    }

    protected override IReadOnlyList<ProgramTrace> Programs
    {
        get
        {
            lock (_lock)
                return [.. _programs];
        }
    }

    /// <summary>Starts a program with a trace of it.</summary>
    /// <returns>Its pid.</returns>
    /// <exception cref="VmAtlasException">It is not there, or can not be traced.</exception>
    public int Launch(IReadOnlyList<string> command, TraceOptions options)
    {
        RequireLinux();
        var trace = LaunchedTrace.Start(command, options, this);
        Run(RunningTrace.Of(trace));
        return trace.Pid;
    }

    /// <summary>The same with the objects that a .NET program makes, as its runtime tells them, from the first on.</summary>
    public int LaunchManaged(IReadOnlyList<string> command, TraceOptions options)
    {
        RequireLinux();
        _launch = new ManagedLaunch(this, options.FollowChildren, Environment.GetEnvironmentVariable(ManagedLaunch.VariableName));
        var variables = new Dictionary<string, string>(options.Variables ?? new Dictionary<string, string>()) { [ManagedLaunch.VariableName] = _launch.Variable };
        var program = StartedProgram.Start(command, variables, options.Folder, options.NoInput);
        Run(RunningTrace.Of(_launch, program), () => _launch.Traces);
        return program.Pid;
    }

    /// <summary>Has the runtime of a .NET process tell which objects it makes.</summary>
    /// <exception cref="VmAtlasException">It has none, or is traced already.</exception>
    public void AttachManaged(int pid)
    {
        RequireNone();
        var trace = ManagedTrace.Attach(pid, this);
        Stopped = null;
        Run(RunningTrace.Of(trace), () => [trace]);
    }

    /// <summary>Loads the agent into a running process.</summary>
    /// <exception cref="VmAtlasException">It can not be traced, or is already.</exception>
    public void Attach(int pid, TraceOptions options)
    {
        RequireLinux();
        RequireNone();
        var trace = AttachedTrace.Attach(pid, options, this);
        Stopped = trace.Stopped;
        var root = $"/proc/{pid}/root";
        lock (_lock)
            _root = Directory.Exists(root + "/") ? root : null;
        Run(RunningTrace.Of(trace));
    }

    /// <summary>Ends the trace that runs, if one does; the program goes on.</summary>
    public void Stop()
    {
        var running = _running;
        running?.Stop();
        lock (_lock)
        {
            if (_running == running)
                _running = null;
        }
    }

    public ITraceSink Begin(TraceProcess process)
    {
        lock (_lock)
        {
            var (store, recording) = (new TraceStore(process), writer.Begin(process));
            var sink = new TraceTee(store, new BoundedRecording(recording, length, MostBytes));
            var map = OperatingSystem.IsLinux() ? PerfMapFile.Of(process.Pid) : null;
            _programs.Add(new ProgramTrace(_programs.Count, store, new NodeFrames(store.CallNodes, store.Modules), recording, map) { Sink = sink });
            return sink;
        }
    }

    /// <summary>Names every call, and keeps the names in the file.</summary>
    protected override void BeforeSaving()
    {
        for (var i = 0; i < Count; i++)
            _ = Look(i, static program => program);
        foreach (var program in Programs)
        {
            lock (program.Store.Gate)
                program.Recording!.Symbols(program.Frames, program.Store.CallNodes);
        }
    }

    protected override string EventFile()
    {
        writer.Flush();
        return file;
    }

    protected override long WholeLength(Stream file) => length();

    protected override void Resolve(ProgramTrace program)
    {
        ManagedTrace? managed;
        lock (_lock)
            managed = _managed.SelectMany(m => m()).FirstOrDefault(t => t.Sink == program.Sink);
        var (store, files) = (program.Store, managed is null ? Symbols() : null);
        if (managed is not null)
            program.Methods = managed.Methods;
        else if (program.Searched is { } searched && !searched.Equals(_symbols?.Path))
            NamesAfterwards.LookUp(program.Frames, store.CallNodes, store.Modules, files!, store.Gate); // what had no name then
        FrameResolution.ResolveAll(program.Frames, store.CallNodes, store.Modules, managed?.Frames ?? new CompiledFrames(files!, program.PerfMap, program.Runtime), store.Gate);
        if (managed is null && !_symbols!.Value.Path.Equals(program.Searched))
            program.Searched = _symbols.Value.Path;
    }

    /// <summary>Looked at by one call at a time, as all names are.</summary>
    SymbolFrames Symbols()
    {
        var path = symbols.Path;
        if (_symbols is { } known && known.Path.Equals(path))
            return known.Frames;
        _symbols?.Frames.Dispose();
        string? root;
        lock (_lock)
            root = _root;
        _symbols = (new SymbolFrames(path, root), path);
        return _symbols.Value.Frames;
    }

    protected override void Close()
    {
        Stop();
        _launch?.Dispose();
        _symbols?.Frames.Dispose();
        foreach (var program in Programs)
            program.PerfMap?.Dispose();
    }

    static void RequireLinux()
    {
        if (!OperatingSystem.IsLinux())
            throw new VmAtlasException(Failure.Usage, "allocations can be traced on Linux only");
    }

    void RequireNone()
    {
        lock (_lock)
        {
            if (_running is not null)
                throw new VmAtlasException(Failure.Usage, "it is being traced already: stop that trace first");
        }
    }

    void Run(RunningTrace trace, Func<IReadOnlyList<ManagedTrace>>? managed = null)
    {
        lock (_lock)
        {
            (_running, Problem) = (trace, null);
            if (managed is not null)
                _managed.Add(managed);
        }
        trace.End.ContinueWith(end =>
        {
            lock (_lock)
            {
                foreach (var program in _programs.Where(p => trace.Runtime is not null && p.Runtime is null))
                    program.Runtime = trace.Runtime;
            }
            lock (_lock)
                (_running, Problem) = (null, end.Result?.Message ?? (managed is null ? null : _launch?.Problem));
            Ended?.Invoke();
        }, TaskScheduler.Default);
    }
}
