using System.Diagnostics;

namespace VmAtlas.Cli.Tests;

/// <summary>The built command as a process of its own. Tracing needs one: the runtime of this one waits for its children, and would take what the
/// tracer waits for.</summary>
static class VmatlasProcess
{
    public static (int Code, string Out, string Error) Run(string input, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "vmatlas"), arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
