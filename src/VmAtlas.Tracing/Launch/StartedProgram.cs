using VmAtlas.Model;
using VmAtlas.Tracing.Interop;

namespace VmAtlas.Tracing;

/// <summary>A program started as <see cref="LaunchedTrace"/> does it, with our own input, output and terminal, but without the agent.</summary>
public sealed class StartedProgram
{
    StartedProgram(int pid) => Pid = pid;

    public int Pid { get; }

    /// <exception cref="VmAtlasException">There is no such program.</exception>
    public static void Require(string program) => _ = Launch.ProgramFile.Find(program);

    /// <param name="variables">Set in its environment besides our own.</param>
    /// <param name="folder">Where it runs; our own when null.</param>
    /// <param name="noInput">It reads nothing, instead of what we would read.</param>
    /// <exception cref="VmAtlasException">There is no such program, or it can not be started.</exception>
    public static StartedProgram Start(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> variables, string? folder = null, bool noInput = false)
    {
        var environment = Launch.Spawn.OwnEnvironment();
        foreach (var (name, value) in variables)
            environment[name] = value;
        return new StartedProgram(Launch.Spawn.Start(Launch.ProgramFile.Find(command[0]), command, environment, folder, noInput));
    }

    /// <summary>Waits for its end; somebody has to. One in this process may attach to it meanwhile.</summary>
    /// <returns>How, and the exit code or the signal.</returns>
    public (TraceEnding Ending, int Value) Wait() => Launch.Spawn.Wait(Pid);

    public void Signal(int signal) => _ = Libc.kill(Pid, signal);
}
