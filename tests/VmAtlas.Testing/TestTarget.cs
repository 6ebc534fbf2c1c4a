using System.Diagnostics;

namespace VmAtlas.Testing;

/// <summary>A running program of <c>tests/targets</c>. It prints what it knows of its own memory as "key value" lines and then
/// "ready"; it ends when its standard input closes.</summary>
public sealed class TestTarget : IDisposable
{
    readonly Process _process;

    TestTarget(Process process) => _process = process;

    public int Pid => _process.Id;

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
        var target = new TestTarget(process);
        var said = new List<(string Key, string Value)>();
        while (process.StandardOutput.ReadLine() is { } line && line != "ready")
        {
            var space = line.IndexOf(' ');
            said.Add(space < 0 ? (line, "") : (line[..space], line[(space + 1)..]));
        }
        if (process.HasExited)
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
        if (!OperatingSystem.IsWindows() && !_process.HasExited)
            _ = Signals.TrySend(Pid, Signals.Continue); // it may end at this moment
        _process.StandardInput.Close();
        if (!_process.WaitForExit(5000))
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
