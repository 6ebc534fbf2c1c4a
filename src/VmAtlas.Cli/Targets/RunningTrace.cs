using System.Runtime.InteropServices;
using VmAtlas.Capture.Clr.Allocations;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Tracing;

namespace VmAtlas.Cli.Targets;

/// <summary>A trace from its begin to its end: live totals on the terminal, and everything on its way to the file.</summary>
sealed class RunningTrace(TracedPrograms programs, TraceWriter? writer, TimelineWriter? file, ProgressLine progress)
{
    const int KilledBySignal = 128;
    const int Terminate = 15, HangUp = 1;

    static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);

    bool _flushFailed;

    /// <summary>Knows the methods of the .NET process that was attached to; null for any other.</summary>
    public IFrameSource? Runtime { get; private set; }

    /// <returns>The command's exit code; 128 + its number when a signal ended it, as a shell says.</returns>
    public int Launch(string[] command, TraceOptions options)
    {
        using var maps = file is null ? null : new MapsBeside(file, progress.Note);
        using var trace = LaunchedTrace.Start(command, options with { Look = maps is null ? null : (pid, ends) => Look(maps, pid, ends) }, programs);
        var (ending, value) = AwaitEnd(trace.Pid, trace.Wait, trace.Signal);
        if (trace.Problem is { } problem)
            progress.Note(problem);
        if (programs.All.Any(p => p.Store.Modules.Any(m => m.Path.EndsWith("/libcoreclr.so", StringComparison.Ordinal))))
            progress.Note("it is a .NET program, and this is what its native code allocated: --managed shows the objects it makes"
                + (options.Variables is null ? ", and --perf-map names its methods in native stacks" : ""));
        else if (options.Variables is null && programs.All.Any(p => PerfMaps.NamesFor(p.Store.Modules)))
            progress.Note("calls through code that its runtime makes have names with --perf-map");
        return CodeOf(ending, value);
    }

    /// <summary>The same with the objects of .NET programs, as their own runtime tells them, from the first on.</summary>
    /// <param name="children">Of all that are started, not only of the first.</param>
    public int LaunchManaged(string[] command, bool children)
    {
        using var maps = file is null ? null : new MapsBeside(file, progress.Note);
        using var traces = new ManagedLaunch(programs, children, Environment.GetEnvironmentVariable(ManagedLaunch.VariableName), maps is null ? null : maps.BeginFirst);
        var program = StartedProgram.Start(command, new Dictionary<string, string> { [ManagedLaunch.VariableName] = traces.Variable });
        var (ending, value) = AwaitEnd(program.Pid, program.Wait, program.Signal);
        traces.Finish(program.Pid, ending, value);
        foreach (var trace in traces.Traces)
            ((TracedProgram)trace.Sink).Resolve(trace.Frames);
        if (traces.Problem is { } problem)
            progress.Note(problem);
        return CodeOf(ending, value);
    }

    (TraceEnding Ending, int Value) AwaitEnd(int pid, Func<(TraceEnding, int)> wait, Action<int> signal)
    {
        // What the terminal sends reaches the command by itself: it decides what to do about it. What is sent to us alone is passed on.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static context => context.Cancel = true);
        using var quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, static context => context.Cancel = true);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => PassOn(context, Terminate));
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => PassOn(context, HangUp));
        var end = Task.Run(wait);
        while (!((IAsyncResult)end).AsyncWaitHandle.WaitOne(s_look))
            Look("");
        return end.GetAwaiter().GetResult();

        void PassOn(PosixSignalContext context, int number)
        {
            context.Cancel = true;
            signal(number);
        }
    }

    static void Look(MapsBeside maps, int pid, bool ends)
    {
        if (ends)
            maps.End();
        else
            maps.BeginAndWait(pid);
    }

    static int CodeOf(TraceEnding ending, int value) => ending == TraceEnding.Killed ? KilledBySignal + value : value;

    /// <summary>Until the time is over, Ctrl-C, or the process's end.</summary>
    public int Attach(int pid, TraceOptions options, TimeSpan? length, CancellationToken cancellation)
    {
        using var stop = new StopSignals(cancellation);
        using var trace = AttachedTrace.Attach(pid, options, programs);
        progress.Note($"attached to process {pid}, one thread of which stood still for {trace.Stopped.TotalMilliseconds:0.0} ms");
        Await(pid, length, stop, () => trace.IsTargetGone);
        trace.Detach();
        if (ManagedTrace.IsManaged(pid))
            Runtime = MethodsOf(pid);
        return 0;
    }

    /// <summary>Null where they are not told, and why is said: calls through them have no names then, and all else has.</summary>
    IFrameSource? MethodsOf(int pid)
    {
        try
        {
            return ManagedCode.NamesOf(pid);
        }
        catch (VmAtlasException e)
        {
            progress.Note(e.Message);
            return null;
        }
    }

    /// <summary>The same with the objects of a .NET process, as its own runtime tells them; their names are looked up, too.</summary>
    public int AttachManaged(int pid, TimeSpan? length, CancellationToken cancellation)
    {
        using var stop = new StopSignals(cancellation);
        using var trace = ManagedTrace.Attach(pid, programs);
        progress.Note($"process {pid} tells which objects it makes, one in {Figures.Short(new ByteSize(ManagedTrace.Interval))} (--native traces malloc instead)");
        Await(pid, length, stop, () => trace.IsTargetGone);
        trace.Stop();
        ((TracedProgram)trace.Sink).Resolve(trace.Frames);
        return 0;
    }

    void Await(int pid, TimeSpan? length, StopSignals stop, Func<bool> isGone)
    {
        using var maps = file is null ? null : new MapsBeside(file, progress.Note);
        _ = maps?.Begin(pid); // its end is not waited for
        var begin = TimeProvider.System.GetTimestamp();
        TimeSpan Left() => length is { } whole ? whole - TimeProvider.System.GetElapsedTime(begin) : s_look;
        while (Left() > TimeSpan.Zero && !isGone() && !stop.Token.WaitHandle.WaitOne(Left() < s_look ? Left() : s_look))
            Look(" (Ctrl-C lets go)");
    }

    void Look(string hint)
    {
        Flush();
        var totals = programs.Totals();
        progress.Show(FormattableString.Invariant(
            $"live {Figures.Short(new ByteSize(SiteTables.Bytes(totals.Heap.LiveBytes)))} in {SiteTables.Counted(totals.Heap.LiveCount, "block")}, {totals.Operations:N0} operations{hint}"));
    }

    /// <summary>A full disk ends the recording, not the command: that goes on to its end, and then the trace says what is missing.</summary>
    void Flush()
    {
        try
        {
            if (!_flushFailed)
                writer?.Flush();
        }
        catch (VmAtlasException e)
        {
            _flushFailed = true;
            progress.Note(e.Message);
        }
    }
}
