using System.Diagnostics;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Windows.Tests.Live;

/// <summary>Has the system write a minidump.</summary>
static class MinidumpProgram
{
    const int AccessViolation = unchecked((int)0xc0000005);

    /// <summary>By a program of its own: under Wine the function does not get along with .NET in one process, and even so its reader of debug information
    /// reads where nothing is now and then. Three times in a row it was not seen to.</summary>
    public static void Write(string pid, string path)
    {
        for (var left = 3; ; left--)
        {
            using var process = Process.Start(Path.Combine(Repository.Targets, "minidump.exe"), [pid, path]);
            process.WaitForExit();
            if (process.ExitCode == AccessViolation && LiveTest.IsWine && left > 1)
                continue;
            process.ExitCode.ShouldBe(0);
            return;
        }
    }
}
