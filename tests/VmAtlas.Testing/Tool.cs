using System.Diagnostics;

namespace VmAtlas.Testing;

/// <summary>Other programs whose word tests take: readelf, pmap, jcmd.</summary>
public static class Tool
{
    /// <summary>What a program writes to its standard output; it must end well.</summary>
    public static string Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"{program} did not start");
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? text : throw new InvalidOperationException($"{program} ended with {process.ExitCode}");
    }
}
