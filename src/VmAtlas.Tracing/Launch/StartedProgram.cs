using VmAtlas.Model;
using VmAtlas.Tracing.Interop;

namespace VmAtlas.Tracing;

/// <summary>A program started as <see cref="LaunchedTrace"/> does it, with our own input, output and terminal, but without the agent.</summary>
public sealed class StartedProgram
{
    StartedProgram(int pid) => Pid = pid;

    public int Pid { get; }

    /// <param name="variables">Set in its environment besides our own.</param>
    /// <exception cref="VmAtlasException">There is no such program, or it can not be started.</exception>
    public static StartedProgram Start(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> variables)
    {
        var environment = Launch.Spawn.OwnEnvironment();
        foreach (var (name, value) in variables)
            environment[name] = value;
        return new StartedProgram(Launch.Spawn.Start(Launch.ProgramFile.Find(command[0]), command, environment));
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>How, and the exit code or the signal.</returns>
    public (TraceEnding Ending, int Value) Wait() => Launch.Spawn.Wait(Pid);

    public void Signal(int signal) => _ = Libc.kill(Pid, signal);
}
