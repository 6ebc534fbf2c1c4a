using System.ComponentModel;
using System.Diagnostics;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Windows.Tests.Live;

/// <summary>vmatlas.exe as it is published.</summary>
static class Exe
{
    static readonly string s_program = Path.Combine(Repository.Root, "artifacts", "win", "vmatlas.exe");

    /// <summary>Runs a command line (words without spaces in them) that has to succeed, and returns what it writes.</summary>
    public static string Ok(string line)
    {
        var (code, output, error) = Run(line);
        code.ShouldBe(0, $"{line}: {error}");
        return output;
    }

    public static (int Code, string Output, string Error) Run(string line)
    {
        using var process = Start(line);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    /// <summary>Under Wine a start fails for an internal error now and then; the next one does not.</summary>
    public static Process Start(string line)
    {
        const int internalError = 1359;
        var start = new ProcessStartInfo(s_program, line.Split(' ')) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e) when (e.NativeErrorCode == internalError && LiveTest.IsWine)
        {
            return Process.Start(start)!;
        }
    }
}
