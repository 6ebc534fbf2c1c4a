using System.Runtime.InteropServices;

namespace VmAtlas.Cli.CommandLine;

/// <summary>The calls of the command itself where it runs on Windows.</summary>
static partial class Kernel32
{
    const int StandardOutput = -11;
    const uint VirtualTerminal = 4; // ENABLE_VIRTUAL_TERMINAL_PROCESSING

    [LibraryImport("kernel32")]
    private static partial nint GetStdHandle(int which);

    [LibraryImport("kernel32")]
    private static unsafe partial int GetConsoleMode(nint console, uint* mode);

    [LibraryImport("kernel32")]
    private static partial int SetConsoleMode(nint console, uint mode);

    /// <summary>Asks the console to obey escape sequences, without which colours can not be shown; false when it refuses.</summary>
    public static unsafe bool TryEnableEscapes()
    {
        uint mode;
        var console = GetStdHandle(StandardOutput);
        return GetConsoleMode(console, &mode) != 0 && SetConsoleMode(console, mode | VirtualTerminal) != 0;
    }
}
