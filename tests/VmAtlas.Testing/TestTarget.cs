using System.Diagnostics;
using System.Globalization;

namespace VmAtlas.Testing;

/// <summary>A running program of <c>tests/targets</c>. It prints what it knows of its own memory as "key value" lines and then
/// "ready"; it ends when its standard input closes.</summary>
public sealed class TestTarget : IDisposable
{
    readonly Process _process;
    readonly int? _orphan;

    TestTarget(Process process, int? orphan = null) => (_process, _orphan) = (process, orphan);

    public int Pid => _orphan ?? _process.Id;

    /// <summary>What the program said of itself before "ready"; a key said more than once keeps all its values in order.</summary>
    public ILookup<string, string> Said { get; private set; } = null!;

    public StreamWriter Input => _process.StandardInput;

    public StreamReader Output => _process.StandardOutput;

    public static TestTarget Start(string program, params string[] arguments)
    {
        var path = Path.IsPathRooted(program) ? program : Path.Combine(Repository.Targets, program);
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path} is not built: run ./test, or make -C tests/targets");
        var process = Process.Start(new ProcessStartInfo(path, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        return Listen(process, null, program);
    }

    /// <summary>Starts a program that is no child of this process. One that this process attaches to must not be: the runtime waits for its own children, and
    /// now and then takes a stop that the tracer waits for as their end, of which it then waits for ever.</summary>
    public static TestTarget StartOrphan(string program, params string[] arguments)
    {
        var path = Path.IsPathRooted(program) ? program : Path.Combine(Repository.Targets, program);
        var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec 3<&0; /bin/sh -c 'echo $$; exec \"$0\" \"$@\"' \"$0\" \"$@\" <&3 3<&- &", path, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var pid = int.Parse(shell.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
        shell.WaitForExit();
        return Listen(shell, pid, program);
    }

    static TestTarget Listen(Process process, int? orphan, string program)
    {
        var target = new TestTarget(process, orphan);
        var said = new List<(string Key, string Value)>();
        while (process.StandardOutput.ReadLine() is { } line && line != "ready")
        {
            var space = line.IndexOf(' ');
            said.Add(space < 0 ? (line, "") : (line[..space], line[(space + 1)..]));
        }
        if (orphan is null && process.HasExited)
            throw new InvalidOperationException($"{program} ended before it was ready, exit code {process.ExitCode}");
        target.Said = said.ToLookup(s => s.Key, s => s.Value);
        return target;
    }

    public ulong Address(string key) => Convert.ToUInt64(Said[key].Single().Split(' ')[0], 16);

    /// <summary>Stops the program, so that nothing in it changes, and waits until every thread stands still.</summary>
    public void Stop()
    {
        Signals.Send(Pid, Signals.Stop);
        while (!Signals.IsStopped(Pid))
            Thread.Sleep(1);
    }

    public void Continue() => Signals.Send(Pid, Signals.Continue);

    public void Dispose()
    {
        if (!OperatingSystem.IsWindows() && (_orphan is not null || !_process.HasExited))
            _ = Signals.TrySend(Pid, Signals.Continue); // it may end at this moment
        _process.StandardInput.Close();
        if (_orphan is { } orphan)
        {
            if (!SpinWait.SpinUntil(() => Signals.StateOf($"/proc/{orphan}") is 'Z' or '\0', 5000))
                _ = Signals.TrySend(orphan, Signals.Kill);
        }
        else if (!_process.WaitForExit(5000))
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
