namespace VmAtlas.Model.Tracing;

/// <summary>Operations and functions of a trace as people write them.</summary>
public static class TraceWords
{
    /// <summary>Of Linux on x86-64 and arm64, from 1 on (signal(7)).</summary>
    static readonly string[] s_signals =
    [
        "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM",
        "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    ];

    /// <summary>How a trace ended, where that is not plain: "ended by signal 11 (SIGSEGV)", "exit code 7"; empty for an exit code of 0, and while it goes on.</summary>
    public static string Ending(TraceEnding? ending, int value) => ending switch
    {
        TraceEnding.Killed when value > 0 && value <= s_signals.Length => $"ended by signal {value} ({s_signals[value - 1]})",
        TraceEnding.Killed => $"ended by signal {value}",
        TraceEnding.Exited when value != 0 => $"exit code {value}",
        TraceEnding.Replaced => "then it called exec",
        _ => "",
    };

    public static string Function(TraceFunction function) => function switch
    {
        TraceFunction.None => "?",
        TraceFunction.PosixMemalign => "posix_memalign",
        TraceFunction.AlignedAlloc => "aligned_alloc",
        TraceFunction.OperatorNew => "operator new",
        TraceFunction.OperatorNewArray => "operator new[]",
        TraceFunction.OperatorDelete => "operator delete",
        TraceFunction.OperatorDeleteArray => "operator delete[]",
        TraceFunction.ManagedNew => "new object",
        _ => function.ToString().ToLowerInvariant(),
    };

    public static string Operation(TraceOperation operation) => operation switch
    {
        TraceOperation.MoveBreak => "move-break",
        TraceOperation.AttachShared => "attach-shared",
        TraceOperation.DetachShared => "detach-shared",
        _ => operation.ToString().ToLowerInvariant(),
    };

    /// <summary>Null where no operation is called so.</summary>
    public static TraceOperation? ParseOperation(string word)
    {
        foreach (var operation in Enum.GetValues<TraceOperation>())
        {
            if (operation != TraceOperation.None && Operation(operation) == word)
                return operation;
        }
        return null;
    }
}
