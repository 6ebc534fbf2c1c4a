using System.Runtime.InteropServices;

namespace VmAtlas.Testing;

/// <summary>Signals to processes that a test started, kill(2).</summary>
public static partial class Signals
{
    public const int Kill = 9, Terminate = 15, Continue = 18, Stop = 19;

    public static void Send(int pid, int signal)
    {
        if (!TrySend(pid, signal))
            throw new InvalidOperationException($"kill({pid}, {signal}) failed: errno {Marshal.GetLastPInvokeError()}");
    }

    /// <summary>False when the process has ended.</summary>
    public static bool TrySend(int pid, int signal) => kill(pid, signal) == 0;

    /// <summary>Whether every thread of a process stands still, which takes a moment after the signal; threads that ended do too.</summary>
    public static bool IsStopped(int pid) =>
        Directory.EnumerateDirectories($"/proc/{pid}/task").All(task => StateOf(task) is 'T' or 'Z');

    /// <summary>A letter of proc_pid_stat(5); '\0' when there is no such process or thread.</summary>
    public static char StateOf(string procFolder)
    {
        try
        {
            var stat = File.ReadAllText(Path.Combine(procFolder, "stat"));
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return '\0';
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);
}
