using System.Text;
using System.Text.Json;
using VmAtlas.Cli.CommandLine;

namespace VmAtlas.Cli.Tests;

/// <summary>One run of the command within the test: what it printed and its exit code.</summary>
sealed record CommandRun(int ExitCode, string Out, string Error)
{
    /// <summary>As in a pipe: no colours, no width.</summary>
    public static CommandRun Of(params string[] arguments) => In(_ => null, null, arguments);

    public static CommandRun In(Func<string, string?> environment, int? terminalWidth, params string[] arguments)
    {
        using var output = new MemoryStream();
        using var error = new StringWriter { NewLine = "\n" };
        var code = App.Run(arguments, new Surroundings(output, error)
        {
            TerminalWidth = terminalWidth,
            Environment = environment,
            Cancellation = TestContext.Current.CancellationToken,
        });
        return new CommandRun(code, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }

    /// <summary>Asserts that it worked.</summary>
    public CommandRun Worked()
    {
        ExitCode.ShouldBe(0, Error);
        return this;
    }

    public JsonElement Json()
    {
        Worked();
        return JsonDocument.Parse(Out).RootElement;
    }
}
