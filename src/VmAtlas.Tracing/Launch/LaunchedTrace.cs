using VmAtlas.Model;
using VmAtlas.Tracing.Interop;
using VmAtlas.Tracing.Session;

namespace VmAtlas.Tracing;

/// <summary>A program started to be traced from its first instruction. Its input, output and terminal are ours; its environment, as far as it and what
/// it starts can see, is what it would be.</summary>
public sealed class LaunchedTrace : IDisposable
{
    readonly SharedFile _file;
    readonly SessionPump _pump;
    readonly Launch.ExitWatch? _watch;
    readonly Lock _ending = new();
    bool _finished;

    LaunchedTrace(int pid, SharedFile file, SessionPump pump, Launch.ExitWatch? watch) => (Pid, _file, _pump, _watch) = (pid, file, pump, watch);

    public int Pid { get; }

    /// <summary>What went wrong with <see cref="TraceOptions.LookWhenKilled"/>; null when nothing did.</summary>
    public string? Problem => _watch?.Problem;

    /// <exception cref="VmAtlasException">The program is not there, or can not be traced.</exception>
    public static void Require(string program) => Launch.ProgramFile.RequireTraceable(Launch.ProgramFile.Find(program));

    /// <exception cref="VmAtlasException">The program is not there, or can not be traced (said before it is started).</exception>
    public static LaunchedTrace Start(IReadOnlyList<string> command, TraceOptions options, ITraceObserver observer)
    {
        var program = Launch.ProgramFile.Find(command[0]);
        Launch.ProgramFile.RequireTraceable(program);
        var ticks = Ticks.Start();
        var file = SharedFile.Create(inherited: true);
        try
        {
            file.Root.SampleInterval = options.SampleInterval;
            file.Root.Flags = FlagsOf(options, ticks);
            var began = DateTimeOffset.UtcNow;
            var pid = Launch.Spawn.Start(program, command, EnvironmentFor(file, options), options.Folder, options.NoInput);
            var watch = options.LookWhenKilled && options.Look is { } last ? Launch.ExitWatch.Start(pid, () => last(pid, true)) : null;
            var first = true;
            var words = string.Join(' ', command);
            var pump = new SessionPump(file, ticks, observer, p =>
            {
                // What calls exec is another program, under the same pid.
                var command = p == pid && first ? words : CommandOf(p);
                first = false;
                return new TraceProcess(p, 0, command, began, false, 0);
            }, options.Look is { } look ? (p, ends) => LookAt(look, p, pid, ends) : null);
            return new LaunchedTrace(pid, file, pump, watch);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Waits for the program's end and reads all it did; also when the trace itself has ended before.</summary>
    public (TraceEnding Ending, int Value) Wait()
    {
        _watch?.Wait(); // it takes the stops, so that the end is all there is to wait for
        var (ending, value) = Launch.Spawn.Wait(Pid);
        Finish(ending, value);
        return (ending, value);
    }

    /// <summary>Ends the trace; the program goes on, and its hooks pass through.</summary>
    public void LetGo()
    {
        lock (_ending)
        {
            if (!_finished)
                Volatile.Write(ref _file.Root.ViewerClosed, 1); // before the reading ends: nobody may wait for a reader that is gone
        }
        Finish(TraceEnding.Detached, 0);
    }

    public void Signal(int signal) => _ = Libc.kill(Pid, signal);

    public void Dispose()
    {
        LetGo();
        _pump.Dispose();
        _file.Dispose();
    }

    void Finish(TraceEnding ending, int value)
    {
        lock (_ending)
        {
            if (_finished)
                return;
            _finished = true;
            _pump.Finish(Pid, ending, value);
        }
    }

    static void LookAt(Action<int, bool> look, int pid, int launched, bool ends)
    {
        if (pid == launched)
            look(pid, ends);
    }

    internal static SessionFlags FlagsOf(TraceOptions options, Ticks ticks) =>
        (options.FollowChildren ? SessionFlags.FollowChildren : 0)
        | (options.DropWhenBehind ? SessionFlags.DropWhenFull : 0)
        | (options.NoStacks ? SessionFlags.NoStacks : 0)
        | (options.Look is not null ? SessionFlags.AwaitLooks : 0)
        | (ticks.AreNanoseconds ? SessionFlags.ClockIsNanoseconds : 0);

    internal static string CommandOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").TrimEnd('\0').Replace('\0', ' ');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // it has ended already
        }
    }

    static Dictionary<string, string> EnvironmentFor(SharedFile file, TraceOptions options)
    {
        var agent = options.Agent ?? AgentFile.Path;
        var variables = Launch.Spawn.OwnEnvironment();
        foreach (var (name, value) in options.Variables ?? new Dictionary<string, string>())
            variables[name] = value;
        var others = variables.GetValueOrDefault("LD_PRELOAD", "");
        variables["LD_PRELOAD"] = others.Length == 0 ? agent : $"{agent}:{others}";
        variables["VMATLAS_TRACE"] = $"{file.Descriptor}:{Environment.ProcessId}:{file.Descriptor}";
        return variables;
    }
}
