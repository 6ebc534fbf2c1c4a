using System.Diagnostics;

namespace VmAtlas.Symbols.Tests;

/// <summary>Runs the tools that build programs, and those whose word is taken.</summary>
static class Shell
{
    /// <summary>Where a program lies, by the PATH; null when it is not installed.</summary>
    public static string? Find(string name) => Environment.GetEnvironmentVariable("PATH")!.Split(':')
        .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    public static void SkipWithout(params ReadOnlySpan<string> programs)
    {
        foreach (var program in programs)
            Assert.SkipWhen(Find(program) is null, $"{program} is not installed");
    }

    /// <summary>What a program writes, given a text; it must end well.</summary>
    public static string Run(string program, IEnumerable<string> arguments, string input = "")
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all, and says why itself.
        }
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}: {errors.Result}");
        return output.Result;
    }
}
