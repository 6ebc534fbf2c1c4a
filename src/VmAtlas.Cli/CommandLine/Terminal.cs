namespace VmAtlas.Cli.CommandLine;

/// <summary>What stdout and stderr are on the system at hand.</summary>
static class Terminal
{
    public static Surroundings Surroundings() => OperatingSystem.IsWindows() ? OfWindows() : OfUnix();

    static Surroundings OfUnix() => new(new StandardOutput(), new StreamWriter(new StandardOutput(Libc.StandardError)) { AutoFlush = true })
    {
        TerminalWidth = Libc.IsTerminal(Libc.StandardOutput) ? Libc.ColumnsOf(Libc.StandardOutput) : null,
        ErrorIsTerminal = Libc.IsTerminal(Libc.StandardError),
        Environment = Environment.GetEnvironmentVariable,
    };

    static Surroundings OfWindows()
    {
        var isTerminal = !Console.IsOutputRedirected;
        var escapes = isTerminal && Kernel32.TryEnableEscapes();
        return new(Console.OpenStandardOutput(), new StreamWriter(Console.OpenStandardError()) { AutoFlush = true })
        {
            TerminalWidth = isTerminal ? Console.WindowWidth : null,
            ErrorIsTerminal = !Console.IsErrorRedirected && escapes,
            // What an old console can not show is asked for as a terminal without colours would.
            Environment = name => name == "NO_COLOR" && isTerminal && !escapes ? "1" : Environment.GetEnvironmentVariable(name),
        };
    }
}
