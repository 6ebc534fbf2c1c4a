using VmAtlas.Cli.CommandLine;

var error = new StreamWriter(Console.OpenStandardError()) { AutoFlush = true };
return App.Run(args, new Surroundings(new StandardOutput(), error)
{
    TerminalWidth = Libc.IsTerminal(Libc.StandardOutput) ? Libc.ColumnsOf(Libc.StandardOutput) : null,
    ErrorIsTerminal = Libc.IsTerminal(Libc.StandardError),
    Environment = Environment.GetEnvironmentVariable,
});
