using System.Runtime.InteropServices;

namespace VmAtlas.Testing;

/// <summary>Signals to processes that a test started, kill(2).</summary>
public static partial class Signals
{
    public const int Kill = 9, Continue = 18, Stop = 19;

    public static void Send(int pid, int signal)
    {
        if (kill(pid, signal) != 0)
            throw new InvalidOperationException($"kill({pid}, {signal}) failed: errno {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);
}
