using System.Diagnostics;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Windows.Tests.Live;

/// <summary>Has the system write a minidump.</summary>
static class MinidumpProgram
{
    const int AccessViolation = unchecked((int)0xc0000005);

    /// <summary>By a program of its own: under Wine the function does not get along with .NET in one process. Even so it is wrong itself at times: it frees what
    /// it did not allocate when it gives up the symbols it looked for. The same build did so in one copy of the project and not in another.</summary>
    public static void Write(string pid, string path)
    {
        using var process = Process.Start(Path.Combine(Repository.Targets, "minidump.exe"), [pid, path]);
        process.WaitForExit();
        Assert.SkipWhen(process.ExitCode == AccessViolation && LiveTest.IsWine, "Wine's own MiniDumpWriteDump ended with an access violation");
        process.ExitCode.ShouldBe(0);
    }
}
