using System.Runtime.InteropServices;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Formats.Etl;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;
using VmAtlas.Tracing.Windows;

namespace VmAtlas.Cli.Targets;

/// <summary>A trace of native memory on Windows: the system writes logs while the program runs, and they are read when it has ended or is let go.</summary>
sealed class SystemTrace(TracedPrograms programs, TimelineWriter? file, ProgressLine progress)
{
    static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);

    /// <returns>The command's exit code.</returns>
    public int Launch(string[] command)
    {
        using var sessions = SystemSessions.Begin();
        using var program = SuspendedProgram.Create(command);
        sessions.BeginHeap(program.Pid);
        // What the console sends reaches the command by itself: it decides what to do about it.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static context => context.Cancel = true);
        program.Run();
        using var maps = MapsOf(program.Pid);
        var end = Task.Run(program.Wait);
        while (!((IAsyncResult)end).AsyncWaitHandle.WaitOne(s_look))
            Look(sessions, "");
        var code = end.GetAwaiter().GetResult();
        Finish(sessions, new EtlTarget(program.Pid, Attached: false, TraceEnding.Exited, code));
        return code;
    }

    /// <summary>Until the time is over, Ctrl-C, or the process's end.</summary>
    public int Attach(int pid, TimeSpan? length, CancellationToken cancellation)
    {
        using var target = Platform.Current.Open(pid);
        using var sessions = SystemSessions.Begin();
        sessions.BeginHeap(pid);
        using var stop = new StopSignals(cancellation);
        using var maps = MapsOf(pid);
        var begin = TimeProvider.System.GetTimestamp();
        TimeSpan Left() => length is { } whole ? whole - TimeProvider.System.GetElapsedTime(begin) : s_look;
        while (Left() > TimeSpan.Zero && !HasEnded(target) && !stop.Token.WaitHandle.WaitOne(Left() < s_look ? Left() : s_look))
            Look(sessions, " (Ctrl-C lets go)");
        Finish(sessions, new EtlTarget(pid, Ending: HasEnded(target) ? TraceEnding.Gone : TraceEnding.Detached));
        return 0;
    }

    MapsBeside? MapsOf(int pid)
    {
        if (file is null)
            return null;
        var maps = new MapsBeside(file, progress.Note);
        _ = maps.Begin(pid); // its end is not waited for
        return maps;
    }

    static bool HasEnded(Capture.ICaptureTarget target)
    {
        try
        {
            target.EnsureUnchanged();
            return false;
        }
        catch (VmAtlasException e) when (e.Failure == Failure.TargetEnded)
        {
            return true;
        }
    }

    void Look(SystemSessions sessions, string hint) => progress.Show($"the system has written {Figures.Short(new ByteSize((ulong)sessions.Written))}{hint}");

    void Finish(SystemSessions sessions, EtlTarget target)
    {
        sessions.End();
        progress.Show("reading what the system wrote …");
        if (sessions.IsFull)
            progress.Note("the system's log was full before the end: what happened since is not in the trace");
        if (sessions.EventsLost > 0)
            progress.Note($"the system lost {sessions.EventsLost:N0} events: what was asked for in them is not in the trace");
        var result = EtlImport.Read(sessions.Logs, target, programs);
        if (result.IsCut)
            progress.Note("the system's log was cut off: what it had before that is there");
    }
}
